/**
 * Freezing by name, as PyTorch users know it. This file imports nothing and asks of a model only `namedParameters()`,
 * so its whole text can be pasted into a tslab cell; the next cell then says `import { freezeWhere } from "./freeze"`.
 * @module freeze
 */

/** One weight of a model. Tied weights are one such object, yielded by `namedParameters()` under each of its names. */
export interface NamedParameter {
  /** As in the checkpoint. */
  readonly shape: readonly number[];
  /** False where it is frozen. */
  requiresGrad: boolean;
  /** Where its values come from, if not from a checkpoint: drawn at random and not trained since, or an adapter's. */
  readonly origin?: "drawn" | "adapter";
}

/** A part of a model that freezes as a whole, with the names of all parameters that belong to it. */
export interface FrostStage {
  /** "embeddings", "encoder.layer.0", … */
  readonly name: string;
  /** In checkpoint order. */
  readonly parameters: readonly string[];
}

/** What this module asks of a model: its parameters in checkpoint order. */
export interface ParameterModel {
  /** Names and parameters, in checkpoint order. */
  namedParameters(): Iterable<[string, NamedParameter]>;
  /** In forward order: embeddings (or stem), block 0, block 1, …; no head. Without it the names are asked. */
  frostStages?(): readonly FrostStage[];
}

/** A tfjs `LayersModel`, as far as this file can tell; `layersModel.ts`, a part of frostkit, knows what to do with it. */
export interface LayersModelLike {
  /** Keras's layers. */
  readonly layers: readonly unknown[];
  /** What `fit` changes. */
  readonly trainableWeights: readonly unknown[];
}

/** What the functions of this module take. */
export type Freezable = ParameterModel | LayersModelLike;

/** Which parameters: part of a name, a glob over the whole name, a RegExp, or a predicate. */
export type ParameterPattern = string | RegExp | ((name: string, parameter: NamedParameter) => boolean);

/** Whatever frostkit itself says is wrong: one line with what was expected, what came and what to do. */
export class FrostError extends Error {
  override name = "FrostError";

  /**
   * The message may quote what came from outside: control characters in it are told, not sent, it stays one line, and of a long one the
   * start and the end stay, which say where it is and what to do.
   */
  constructor(message = "", options?: ErrorOptions) {
    const line = visible(message.replace(/\s*[\n\t]\s*/g, " "));
    super(line.length > 1500 ? `${line.slice(0, 1000)} … ${line.slice(-400)}` : line, options);
  }
}

/**
 * A text as it may go to a terminal: control characters but line breaks and tabs, as names from a file may hold to steer the
 * terminal, are spelled out, as `\\x1b`; so are those that turn the direction of what follows or end a line, as `\\u202e`.
 */
export function visible(text: string): string {
  const spell = (c: string) => {
    const code = c.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  };
  return text.replace(/(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, spell);
}

/** Says in one line what is wrong with a pattern, a depth or a model. */
export class FreezeError extends FrostError {
  override name = "FreezeError";
}

/**
 * The parameters in checkpoint order: all, or those that a pattern matches.
 *
 * @throws FreezeError when the pattern matches nothing
 * @example
 * ```ts
 * console.log(listParams(model)); // a table that ends with trainable / frozen / total
 * listParams(model, "attention").map((row) => row.name);
 * ```
 */
export function listParams(model: Freezable, which?: ParameterPattern): ParamTable;
export function listParams(model: Freezable, which?: ParameterPattern, ...more: unknown[]): ParamTable {
  noMore("listParams", "model and pattern", more);
  const all = parametersOf(model);
  const wanted = which === undefined ? undefined : matching(all, which);
  const firstName = new Map<NamedParameter, string>();
  const table = new ParamTable();
  for (const [name, parameter] of all) {
    const { shape, requiresGrad } = parameter;
    const row: ParamRow = { name, shape: [...shape], size: shape.reduce((a, b) => a * b, 1), requiresGrad };
    const first = firstName.get(parameter);
    if (first === undefined) firstName.set(parameter, name);
    else row.tiedTo = first;
    if (wanted === undefined || wanted.has(name)) table.push(row);
  }
  return table;
}

/**
 * Sets `requiresGrad = false` on the parameters that match and on those tied to them; returns the names of both.
 *
 * A line on the console says what is easily overlooked: weights that several blocks share, as all of ALBERT's do; a pattern whose
 * number runs on, as `layer.1` into `layer.10`; adapters that are frozen with the rest; weights that were drawn at random.
 *
 * @throws FreezeError that names close ones when nothing matches
 * @example
 * ```ts
 * freezeWhere(model, "embeddings.");                      // part of the name; "layer.1" is also layer.10, "layer.1." is not
 * freezeWhere(model, "bert.encoder.layer.*.attention.*"); // glob over the whole name: * (dots too) ? [0-3] {query,key}
 * freezeWhere(model, /LayerNorm\.(weight|bias)$/);
 * freezeWhere(model, (name, parameter) => parameter.shape.length === 1);
 * ```
 */
export function freezeWhere(model: Freezable, which: ParameterPattern): string[];
export function freezeWhere(model: Freezable, which: ParameterPattern, ...more: unknown[]): string[] {
  noMore("freezeWhere", "model and pattern", more);
  const wanted = matching(parametersOf(model), which);
  // A predicate is a program's, which has looked at every parameter.
  return setRequiresGrad(model, wanted, false, typeof which === "function" ? [] : sharers(model, wanted));
}

/**
 * The inverse of `freezeWhere`: sets `requiresGrad = true`.
 *
 * @throws FreezeError that names close ones when nothing matches
 * @example
 * ```ts
 * topNLayerFreeze(model, 6);
 * unfreezeWhere(model, "LayerNorm."); // norms learn in frozen blocks as well
 * ```
 */
export function unfreezeWhere(model: Freezable, which: ParameterPattern): string[];
export function unfreezeWhere(model: Freezable, which: ParameterPattern, ...more: unknown[]): string[] {
  noMore("unfreezeWhere", "model and pattern", more);
  return setRequiresGrad(model, matching(parametersOf(model), which), true);
}

/**
 * Freezes what comes first, the embeddings and blocks 0 … n-1, and returns the names.
 *
 * With the embeddings go DeBERTa's relative ones and their norm, and ELECTRA's and ALBERT's projections. Blocks that share
 * weights freeze together, which a line on the console says: all of ALBERT's do, so its n = 1 is all blocks. It never thaws:
 * after n = 6, n = 3 changes nothing, which a line says too.
 *
 * @throws FreezeError unless n is a whole number from 0 to the depth
 * @example
 * ```ts
 * topNLayerFreeze(model, 0); // the embeddings only
 * topNLayerFreeze(model, 3); // the embeddings and blocks 0, 1 and 2; of a ResNet the stem and layer1 to layer3
 * ```
 */
export function topNLayerFreeze(model: Freezable, n: number): string[];
export function topNLayerFreeze(model: Freezable, n: number, ...more: unknown[]): string[] {
  noMore("topNLayerFreeze", "model and n", more);
  return setTopN(model, n, false);
}

/**
 * The inverse of `topNLayerFreeze` with the same n: the embeddings and blocks 0 … n-1 learn again.
 *
 * @throws FreezeError unless n is a whole number from 0 to the depth
 * @example
 * ```ts
 * topNLayerFreeze(model, 6);
 * topNLayerUnfreeze(model, 0); // the embeddings learn, the blocks do not
 * ```
 */
export function topNLayerUnfreeze(model: Freezable, n: number): string[];
export function topNLayerUnfreeze(model: Freezable, n: number, ...more: unknown[]): string[] {
  noMore("topNLayerUnfreeze", "model and n", more);
  return setTopN(model, n, true);
}

/** Tried in turn on a model without `namedParameters()`: importing `layersModel.ts` adds the one for tfjs. */
export const adapters: ((model: object) => ParameterModel | undefined)[] = [];

/** A line of `listParams`. `size` counts elements; `tiedTo` names the earlier parameter that is the same weight. */
export interface ParamRow {
  /** As in the checkpoint. */
  name: string;
  /** As in the checkpoint. */
  shape: number[];
  /** Elements. */
  size: number;
  /** False where it is frozen. */
  requiresGrad: boolean;
  /** The earlier parameter that is the same weight. */
  tiedTo?: string;
}

/** What `listParams` returns: an array of rows that prints as an aligned table. */
export class ParamTable extends Array<ParamRow> {
  // map, filter and slice give plain arrays: of names, say.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** Elements in the trainable and the frozen parameters, and their sum; a tied weight counts once. */
  get totals(): { trainable: number; frozen: number; total: number } {
    const sum = (rows: ParamRow[]) => rows.reduce((total, row) => total + row.size, 0);
    const trainable = sum(this.distinct(true));
    const frozen = sum(this.distinct(false));
    return { trainable, frozen, total: trainable + frozen };
  }

  override toString(): string {
    const lines = [["name", "shape", "size", "requiresGrad", ""]];
    for (const { name, shape, size, requiresGrad, tiedTo } of this)
      lines.push([
        visible(name),
        `[${shape.join(", ")}]`,
        thousands(size),
        `${requiresGrad}`,
        tiedTo ? `tied to ${visible(tiedTo)}` : "",
      ]);
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    const align = (cell: string, i: number) => (i === 2 ? cell.padStart(widths[i]) : cell.padEnd(widths[i]));
    return [...lines.map((line) => line.map(align).join("  ").trimEnd()), this.footer()].join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  private footer(): string {
    const { trainable, frozen, total } = this.totals;
    const part = (word: string, size: number, rows: ParamRow[]) =>
      `${word} ${thousands(size)} (${((100 * size) / (total || 1)).toFixed(1)} %, ${rows.length} tensor${rows.length === 1 ? "" : "s"})`;
    return [
      part("trainable", trainable, this.distinct(true)),
      part("frozen", frozen, this.distinct(false)),
      `total ${thousands(total)}`,
    ].join(" / ");
  }

  private distinct(requiresGrad: boolean): ParamRow[] {
    const names = new Set(this.map((row) => row.name));
    return this.filter((row) => row.requiresGrad === requiresGrad && !names.has(row.tiedTo ?? ""));
  }
}

/** At most three of the names, the closest to the wanted name or pattern first; none when all are far off. */
export function closeNames(wanted: string, names: readonly string[]): string[] {
  const literals = wanted
    .replace(/\\([^a-zA-Z])/g, "$1")
    .split(/\\[a-zA-Z]|[*?!,(){}[\]|^$+]+/)
    .filter((text) => text.length > 1);
  const length = literals.join("").length;
  return names
    .map((name) => ({ name, edits: literals.reduce((sum, text) => sum + editsToOccur(text, name), 0) }))
    .filter(({ edits }) => edits < 0.4 * length)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** The fewest edits of a text that make it part of the name (Sellers 1980), case aside. */
function editsToOccur(text: string, name: string): number {
  const [t, n] = [text.toLowerCase(), name.toLowerCase()];
  let above: number[] = new Array(n.length + 1).fill(0);
  for (let i = 1; i <= t.length; i++) {
    const row = [i];
    for (let j = 1; j <= n.length; j++)
      row[j] = Math.min(above[j - 1] + (t[i - 1] === n[j - 1] ? 0 : 1), above[j] + 1, row[j - 1] + 1);
    above = row;
  }
  return Math.min(...above);
}

function matching(all: [string, NamedParameter][], which: ParameterPattern): Set<string> {
  const matches = matcher(which);
  const names = all.filter(([name, parameter]) => matches(name, parameter)).map(nameOf);
  if (names.length === 0) throw nothingMatches(which, all.map(nameOf));
  const longer = names.filter(runsOn(which));
  if (longer.length > 0 && longer.length < names.length)
    warn(
      `${typeof which === "string" ? `"${which}"` : which} also matches ${longer[0]}; end the pattern with what follows the number`,
    );
  return new Set(names);
}

function matcher(which: ParameterPattern): (name: string, parameter: NamedParameter) => boolean {
  if (typeof which === "function")
    return (name, parameter) => {
      const answer: unknown = which(name, parameter);
      if (typeof answer === "boolean") return answer;
      throw new FreezeError(`the predicate has to return true or false, for ${name} it returned ${answer}`);
    };
  if (which instanceof RegExp) {
    const pattern = new RegExp(which);
    return (name) => {
      pattern.lastIndex = 0; // Which the flags g and y carry over from the name before.
      return pattern.test(name);
    };
  }
  if (typeof which !== "string" || which === "")
    throw new FreezeError(
      `pattern: expected part of a name, a glob, a RegExp or a predicate, got ${shown(which)}`,
    );
  if (!isGlob(which)) return (name) => name.includes(which);
  const pattern = globToRegExp(which);
  return (name) => pattern.test(name);
}

/**
 * Whether a pattern that matches a name takes no notice of how a number in it goes on: it ends, or a `*` or `.*` of it begins, between two
 * digits, or it would match with any further digits and with none, but not with any first one. So `/layer\\.[0-5]/` and
 * `*layer.[0-5]*` take layer.10 as well.
 */
function runsOn(which: ParameterPattern): (name: string) => boolean {
  if (typeof which === "function") return () => false;
  const matches = matcher(which) as (name: string) => boolean;
  const ends = endsIn(which);
  const digits = Array.from("0123456789");
  return (name) =>
    ends(name).some((end) => /\d/.test(name[end - 1] ?? "") && /\d/.test(name[end] ?? "")) ||
    Array.from(name.matchAll(/\d{2,}/g)).some(({ index = 0, 0: number }) => {
      const matchesAs = (text: string) =>
        matches(name.slice(0, index) + text + name.slice(index + number.length));
      return (
        [number[0], `${number[0]}0000`, ...digits.map((digit) => number[0] + digit)].every(matchesAs) &&
        !digits.every(matchesAs)
      );
    });
}

/** Where in a name that it matches a pattern says no more of what follows: at its end, and where a `*` or `.*` of it begins. */
function endsIn(which: string | RegExp): (name: string) => number[] {
  if (typeof which === "string" && !isGlob(which)) return (name) => [name.indexOf(which) + which.length];
  const { source, flags } = typeof which === "string" ? globToRegExp(which) : which;
  const pattern = new RegExp(namingStars(source), `${flags.replace(/[dgy]/g, "")}d`);
  return (name) => {
    const found = pattern.exec(name);
    if (!found) return [];
    const { groups = {} } = found.indices!;
    const stars = Object.keys(groups).filter((key) => key.startsWith(STAR) && groups[key]);
    return [found.index + found[0].length, ...stars.map((key) => groups[key][0])];
  };
}

const STAR = "frostkitStar";

/** A RegExp's source with each `.*` of it, which may be anything, in a group; back references would then lead elsewhere. */
function namingStars(source: string): string {
  if (/\\[1-9k]/.test(source)) return source;
  let stars = 0;
  return source.replace(
    /\\.|(\.|\[\\s\\S\]|\[\^\])(?:[*+]|\{\d+,\d*\})\??|\[(?:\\.|[^\]\\])*\]/gs,
    (token, any) => (any ? `(?<${STAR}${stars++}>${token})` : token),
  );
}

function nothingMatches(which: ParameterPattern, names: string[]): FreezeError {
  if (typeof which === "function")
    return new FreezeError(`the predicate is false for all ${names.length} parameters`);
  const [text, shown] = typeof which === "string" ? [which, `"${which}"`] : [which.source, `${which}`];
  const wider = text.replace(/^\*?/, "*").replace(/\*?$/, "*");
  if (text === which && isGlob(text) && names.some((name) => globToRegExp(wider).test(name)))
    return new FreezeError(
      `no parameter matches ${shown}: a glob covers the whole name, "${wider}" would match`,
    );
  const close = closeNames(text, names);
  const hint =
    close.length > 0
      ? `close: ${close.join(", ")}`
      : `the ${names.length} names begin ${names.slice(0, 3).join(", ")}`;
  return new FreezeError(`no parameter matches ${shown}; ${hint}`);
}

function isGlob(text: string): boolean {
  return /[*?[{]/.test(text);
}

function globToRegExp(glob: string): RegExp {
  const fail = (why: string) => new FreezeError(`glob "${glob}": ${why}`);
  let source = "";
  let open = 0;
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i];
    if (c === "*") source += ".*";
    else if (c === "?") source += ".";
    else if (c === "{") {
      source += "(?:";
      open++;
    } else if (c === "}" && open > 0) {
      source += ")";
      open--;
    } else if (c === "," && open > 0) source += "|";
    else if (c === "[") {
      const end = glob.indexOf("]", i + 2);
      if (end < 0) throw fail("[ is not closed");
      const set = glob.slice(i + 1, end).replace(/[\\\]^]/g, "\\$&");
      source += `[${set.replace(/^!/, "^")}]`;
      i = end;
    } else source += c.replace(/[\\^$.|+()\]}]/, "\\$&");
  }
  if (open > 0) throw fail("{ is not closed");
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw fail("a range in [ ] runs backwards");
  }
}

/**
 * How checkpoints name what lies below the blocks, and block (\d+). Relative positions (DeBERTa, MPNet, BEiT) and their
 * norm stand beside `embeddings.`, not under it; DeBERTa's `encoder.conv` ends block 0.
 */
const families = [
  {
    known: "embeddings. with encoder.layer.0. (BERT, RoBERTa, ELECTRA, DeBERTa)",
    below: /(^|\.)(embeddings|embeddings_project|encoder\.(rel\w*|LayerNorm))\./,
    block: /(?:^|\.)encoder\.(?:layer\.(\d+)|conv)\./,
  },
  {
    known: "embeddings. with transformer.layer.0. (DistilBERT)",
    below: /(^|\.)embeddings\./,
    block: /(?:^|\.)transformer\.layer\.(\d+)\./,
  },
  {
    known: "embeddings. with encoder.albert_layer_groups.0. (ALBERT, whose layers share it)",
    below: /(^|\.)(embeddings|encoder\.embedding_hidden_mapping_in)\./,
    block: /(?:^|\.)encoder\.albert_layer_groups\.(\d+)\./,
  },
  {
    known: "embeddings. with layers.0. (ModernBERT)",
    below: /(^|\.)embeddings\./,
    block: /(?:^|\.)layers\.(\d+)\./,
  },
  {
    known: "conv1. and bn1. with layer1. (ResNet)",
    below: /(^|\.)(conv1|bn1)\./,
    block: /(?:^|\.)layer(\d+)\./,
  },
];

function stagesByName(names: string[]): FrostStage[] {
  for (const { below, block } of families) {
    const embeddings: string[] = [];
    const blocks: string[][] = [];
    for (const name of names) {
      const match = block.exec(name);
      if (match) {
        const i = Number(match[1] ?? 0);
        blocks[i] = [...(blocks[i] ?? []), name];
      } else if (below.test(name)) embeddings.push(name);
    }
    // Object.values skips the hole at 0 that ResNet leaves, which counts from 1.
    if (embeddings.length > 0 && blocks.length > 0)
      return [
        { name: "embeddings", parameters: embeddings },
        ...Object.values(blocks).map((parameters, i) => ({ name: `block ${i}`, parameters })),
      ];
  }
  const known = families.map((family) => family.known).join("; ");
  throw new FreezeError(
    `no blocks recognised by the parameter names (${names[0]}, …): known are ${known}; use freezeWhere`,
  );
}

function setTopN(model: Freezable, n: number, requiresGrad: boolean): string[] {
  const names = parametersOf(model).map(nameOf);
  const stages = asParameterModel(model).frostStages?.() ?? stagesByName(names);
  const depth = stages.length - 1;
  if (!Number.isInteger(n) || n < 0 || n > depth)
    throw new FreezeError(
      `n: expected a whole number from 0 (embeddings only) to ${depth} (all blocks), got ${shown(n)}`,
    );
  const wanted = new Set(stages.slice(0, n + 1).flatMap(({ parameters }) => parameters));
  const missing = [...wanted].filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw new FreezeError(`frostStages() names what is no parameter: ${missing.join(", ")}`);
  const sharing = stages.slice(n + 1).filter(({ parameters }) => parameters.some((name) => wanted.has(name)));
  const frozen = setRequiresGrad(model, wanted, requiresGrad, sharing);
  if (!requiresGrad) tellFrozenBefore(model, stages.slice(n + 1), wanted);
  return frozen;
}

/** A freeze adds to what was frozen before; of later blocks that is easily forgotten. */
function tellFrozenBefore(model: Freezable, later: readonly FrostStage[], wanted: Set<string>): void {
  const all = parametersOf(model);
  // Adapters stand on frozen weights.
  if (all.some(([, { origin }]) => origin === "adapter")) return;
  const frozen = new Set(
    all.filter(([name, { requiresGrad }]) => !requiresGrad && !wanted.has(name)).map(nameOf),
  );
  const left = later.filter(({ parameters }) => parameters.some((name) => frozen.has(name)));
  if (left.length > 0)
    warn(
      `of ${few(left.map(({ name }) => name))} what was frozen before stays so; unfreezeWhere(model, () => true) first lets all learn`,
    );
}

/** The stages that hold one of the names in common with another stage. */
function sharers(model: Freezable, names: Set<string>): FrostStage[] {
  const stages = asParameterModel(model).frostStages?.() ?? [];
  const shared = (name: string) => stages.filter(({ parameters }) => parameters.includes(name)).length > 1;
  const common = new Set([...names].filter(shared));
  return stages.filter(({ parameters }) => parameters.some((name) => common.has(name)));
}

function setRequiresGrad(
  model: Freezable,
  wanted: Set<string>,
  requiresGrad: boolean,
  sharing: FrostStage[] = [],
): string[] {
  const all = parametersOf(model);
  const parameters = new Set(all.filter(([name]) => wanted.has(name)).map(([, parameter]) => parameter));
  const changed = [...parameters].filter((parameter) => parameter.requiresGrad !== requiresGrad);
  for (const parameter of parameters) parameter.requiresGrad = requiresGrad;

  const names = all.filter(([, parameter]) => parameters.has(parameter)).map(nameOf);
  const after = new Map(parametersOf(model));
  const deaf = names.find((name) => after.get(name)?.requiresGrad !== requiresGrad);
  if (deaf !== undefined)
    throw new FreezeError(
      `${deaf}: requiresGrad stays ${!requiresGrad}; namedParameters() has to yield the parameters, not copies of them`,
    );
  if (changed.length > 0) {
    const done = requiresGrad ? "unfrozen" : "frozen";
    const tied = names.filter((name) => !wanted.has(name));
    if (tied.length > 0) warn(`tied, so ${done} with the rest: ${tied.join(", ")}`);
    const others = sharing.map((stage) => stage.name).join(", ");
    if (others) warn(`${others} share these weights, so they are ${done} too`);
    if (!requiresGrad) tellOrigins(all, new Set(changed));
    if ([...after.values()].every((parameter) => !parameter.requiresGrad))
      warn("every parameter is frozen: nothing is left to train");
  }
  return summarized(all, names, requiresGrad);
}

/** The names, of which a console or a notebook prints a line instead of them all. */
export function summarized(
  all: [string, NamedParameter][],
  names: string[],
  requiresGrad: boolean,
): string[] {
  return Object.defineProperty(names, Symbol.for("nodejs.util.inspect.custom"), {
    value: () => summary(all, names, requiresGrad),
  });
}

/** What a console or a notebook says of the names that were frozen or unfrozen, which may be hundreds. */
function summary(all: [string, NamedParameter][], names: string[], requiresGrad: boolean): string {
  const count = (parameters: Iterable<NamedParameter>) =>
    Array.from(parameters, ({ shape }) => shape.reduce((a, b) => a * b, 1)).reduce((a, b) => a + b, 0);
  const listed = new Set(names);
  const part = count(new Set(all.filter(([name]) => listed.has(name)).map(([, parameter]) => parameter)));
  const whole = count(new Set(all.map(([, parameter]) => parameter)));
  const ends = names.length > 3 ? `${names[0]}, … ${names.at(-1)}` : names.join(", ");
  const percent = `${((100 * part) / (whole || 1)).toFixed(1)} %`;
  return `${requiresGrad ? "unfrozen" : "frozen"}: ${names.length} of ${all.length} parameters, ${thousands(part)} of ${thousands(whole)} numbers (${percent}): ${visible(ends)}`;
}

/** What learns nothing once it is frozen: adapters, and weights at random values, unless the whole model was drawn. */
function tellOrigins(all: [string, NamedParameter][], frozen: Set<NamedParameter>): void {
  const of = (origin: NamedParameter["origin"]) =>
    all.filter(([, parameter]) => frozen.has(parameter) && parameter.origin === origin).map(nameOf);
  const [adapters, drawn] = [of("adapter"), of("drawn")];
  if (adapters.length > 0)
    warn(
      `adapters are frozen with the rest: ${few(adapters)}; unfreezeWhere(model, ".lora_") lets them learn`,
    );
  if (drawn.length > 0 && all.some(([, { origin }]) => origin !== "drawn"))
    warn(`frozen at the random values that they were drawn with: ${few(drawn)}`);
}

/** At most four names, and how many more. */
const few = (names: string[]): string =>
  names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;

/** Throws where a function is given more than it takes, since that would be passed over in silence. */
function noMore(owner: string, takes: string, more: unknown[]): void {
  if (more.every((each) => each === undefined)) return;
  const third = typeof more[0] === "object" ? JSON.stringify(more[0]) : String(more[0]);
  throw new FreezeError(`${owner} takes two arguments, ${takes}, got a third: ${third}`);
}

function parametersOf(model: Freezable): [string, NamedParameter][] {
  const all = [...asParameterModel(model).namedParameters()];
  if (all.length === 0) throw new FreezeError("the model has no parameters: is it built?");
  return all;
}

function asParameterModel(model: Freezable): ParameterModel {
  const given = Object(model) as Partial<ParameterModel>;
  if (typeof given.namedParameters === "function") return given as ParameterModel;
  for (const adapt of adapters) {
    const adapted = adapt(given);
    if (adapted) return adapted;
  }
  throw new FreezeError(
    `model: expected a model with namedParameters(), or a tfjs LayersModel with frostkit imported, got ${shown(model)}`,
  );
}

/** A value in an error's line: texts in quotes, objects by what they are. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof Object(value).then === "function") return "a Promise: await it first";
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
}

function nameOf([name]: [string, NamedParameter]): string {
  return name;
}

function thousands(x: number): string {
  return x.toLocaleString("en-US");
}

function warn(message: string): void {
  console.warn(`frostkit: ${visible(message)}`);
}
