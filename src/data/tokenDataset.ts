import { shown } from "../check";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { visibly } from "../text/visibly";
import { isPythonList } from "./isList";
import { sortClasses } from "./labels";
import type { Table } from "./readTable";
import { rowPlace } from "./rowPlace";
import { sourceName } from "./sourceName";
import type { TextDataset } from "./textDataset";

/** A part of a text and what it is, by characters: `text.slice(start, end)`. */
export interface TokenSpan {
  /** Where it begins. */
  start: number;
  /** Where it ends: behind its last character. */
  end: number;
  /** What it is. */
  label: string;
}

/** Texts in which words, or parts, are to be told from each other, row by row. */
export interface TokenTexts extends TextDataset {
  labels: null;
  /** Where each word stands in its text, [start, end); null where a text is cut into words when it is tokenized. */
  words: [number, number][][] | null;
  /** The tag of each word; null where spans say it, or nothing is known. */
  tags: string[][] | null;
  /** The labelled parts of each text, in their order; null where tags say it, or nothing is known. */
  spans: TokenSpan[][] | null;
  /** The tags that a model is to tell, "O" first: "B-" and "I-" of each label. Empty where nothing is known. */
  classes: string[];
}

/** Which columns hold what. */
export interface TokenColumns {
  /** The column of words, a list of them in each row. Default: "tokens", where the table has it and no `text` is named. */
  tokens?: string;
  /** The column of the words' tags, a list as long. Default: "ner_tags", where the table has it beside its words. */
  tags?: string;
  /** The column of texts, in place of `tokens`. Default: "text", where the table has no words. */
  text?: string;
  /**
   * The column of labelled parts: a list of `{ start, end, label }`, by Unicode characters as Python counts them. Default:
   * "spans", where the table has it beside its texts.
   */
  spans?: string;
  /** A column that names the rows. Default: none. */
  id?: string;
  /**
   * The tags of the training rows, or of a model, in order; those that tags given as numbers stand for. Default: those that
   * occur.
   */
  classes?: string[];
  /** Takes the line on the tags, where `classes` are left out. Default: console.info. */
  log?: (line: string) => void;
}

/**
 * Picks texts and what is known of their words, or parts, out of a table: words with a tag each (`tokens`, `ner_tags`, as a CoNLL file or
 * Hugging Face's data sets have them), or texts with labelled parts by characters. Tags follow the B-I-O scheme, in which a name begins
 * with "B-PER" and goes on with "I-PER".
 *
 * @throws InputError naming file, row and column
 * @example
 * ```ts
 * const table: Table = { path: "a cell", columns: ["text", "spans"], rows: [
 *   { text: "Ada lives in Paris.", spans: '[{"start": 0, "end": 3, "label": "PER"}, {"start": 13, "end": 18, "label": "LOC"}]' },
 * ] };
 * console.log(tokenDataset(table).classes); // [ "O", "B-LOC", "I-LOC", "B-PER", "I-PER" ]
 * ```
 */
export function tokenDataset(table: Table, given: TokenColumns = {}): TokenTexts {
  const { log: print = console.info, ...options } = readOptions("tokenDataset", given);
  checkArguments("tokenDataset", { table });
  const source = sourceName(table.path, "table");
  const has = (column: string) => table.columns.includes(column);
  const tokens = options.tokens ?? (options.text === undefined && has("tokens") ? "tokens" : undefined);
  if (tokens !== undefined && options.text !== undefined)
    throw new InputError("tokens: expected words or texts, got columns of both; leave tokens or text out");
  const of = (column: string) => {
    if (!has(column))
      throw new InputError(
        `${source}: expected a column ${JSON.stringify(column)}, got ${table.columns.map((name) => JSON.stringify(name)).join(", ")}`,
      );
    return (row: number) => table.rows[row][column];
  };
  const place = (row: number) => rowPlace({ ...table, path: source }, row);
  const numbers = [...table.rows.keys()];
  const ids = options.id === undefined ? null : numbers.map(of(options.id));
  const common = { source, pairs: null, labels: null, ids };
  if (tokens !== undefined) {
    if (options.spans !== undefined)
      throw new InputError("spans: expected texts beside them, got words; name the column of tags");
    const cell = of(tokens);
    const lists = numbers.map((row) => words(cell(row), place(row), tokens));
    const tagged = options.tags ?? (has("ner_tags") ? "ner_tags" : undefined);
    const tags =
      tagged === undefined ? null : readTags(numbers.map(of(tagged)), lists, place, tagged, options.classes);
    const classes = options.classes ?? tagsOf(tags?.flat() ?? []);
    if (options.classes) refuseUnknown(tags, classes, place);
    else if (tags) refuseMixed(tags, classes, place);
    const columns = { text: tokens, pair: null, label: tagged === undefined ? null : [tagged] };
    const dataset = { ...common, ...joined(lists), tags, spans: null, classes, columns };
    if (tags && options.classes === undefined) visibly(print)(sayTags(dataset.classes));
    return dataset;
  }
  if (options.tags !== undefined)
    throw new InputError("tags: expected words beside them, got texts; name the column of words as tokens");
  const texts = numbers.map(of(options.text ?? "text"));
  const marked = options.spans ?? (has("spans") ? "spans" : undefined);
  const cell = marked === undefined ? null : of(marked);
  const spans = cell && numbers.map((row) => readSpans(cell(row), texts[row], place(row), marked!));
  const labels = sortClasses([...new Set(spans?.flat().map(({ label }) => label))]);
  const classes = options.classes ?? (spans ? bioOf(labels) : []);
  if (spans) checkTags(labels, classes, source);
  if (spans && options.classes === undefined) visibly(print)(sayTags(classes));
  const columns = { text: options.text ?? "text", pair: null, label: marked === undefined ? null : [marked] };
  return { ...common, texts, words: null, tags: null, spans, classes, columns };
}

/** Throws where the classes lack a tag that words of the labelled parts, or outside of them, may get. */
function checkTags(labels: readonly string[], classes: readonly string[], source: string): void {
  const unknown = labels.find((label) => !classes.includes(`B-${label}`) && !classes.includes(`I-${label}`));
  if (unknown !== undefined)
    throw new InputError(
      `${source}: label ${JSON.stringify(unknown)} is none of those known from training: ${classes.join(", ")}`,
    );
  const missing = bioOf(labels).filter((tag) => !classes.includes(tag));
  if (missing.length > 0)
    throw new InputError(
      `${source}: expected classes with "O", and "B-" and "I-" of each label, which words of labelled parts get, got ${classes.join(", ")}; add ${missing.join(", ")}`,
    );
}

const sayTags = (classes: string[]) => `tags: ${classes.join(", ")} (${classes.length})`;

const bioOf = (labels: readonly string[]) => [
  "O",
  ...labels.flatMap((label) => [`B-${label}`, `I-${label}`]),
];

/** The tags that occur, "O" first, then those of each label. */
function tagsOf(tags: readonly string[]): string[] {
  const found = new Set(tags);
  if (found.size === 0) return [];
  const labels = sortClasses([
    ...new Set([...found].filter((tag) => tag !== "O").map((tag) => tag.replace(/^[BI]-/, ""))),
  ]);
  const bare = labels.filter((label) => found.has(label));
  return ["O", ...labels.flatMap((label) => (bare.includes(label) ? [label] : [`B-${label}`, `I-${label}`]))];
}

function list(cell: string, where: string, column: string, what: string): unknown[] {
  try {
    const value: unknown = JSON.parse(cell);
    if (Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  const cure = isPythonList(cell)
    ? ", a list as Python prints it; write the column by json.dumps, or the table as JSON Lines"
    : "";
  throw new InputError(
    `${where}: expected ${what} as JSON in column ${JSON.stringify(column)}, got ${shown(cell)}${cure}`,
  );
}

function words(cell: string, where: string, column: string): string[] {
  const found = list(cell, where, column, "a list of words");
  const wrong = found.find((word) => typeof word !== "string");
  if (wrong !== undefined)
    throw new InputError(`${where}: expected words in column ${JSON.stringify(column)}, got ${shown(wrong)}`);
  return found as string[];
}

function readTags(
  cells: string[],
  words: string[][],
  place: (row: number) => string,
  column: string,
  classes: string[] | undefined,
): string[][] {
  return cells.map((cell, row) => {
    const tags = list(cell, place(row), column, "a list of tags");
    if (tags.length !== words[row].length)
      throw new InputError(
        `${place(row)}: expected a tag for each of ${words[row].length} words, got ${tags.length} in column ${JSON.stringify(column)}`,
      );
    return tags.map((tag) => {
      if (typeof tag === "string") return tag;
      const name = classes?.[tag as number];
      if (name === undefined)
        throw new InputError(
          `${place(row)}: expected tags by their names, got ${shown(tag)}; ${cureOf(tag, classes)}`,
        );
      return name;
    });
  });
}

function cureOf(tag: unknown, classes: string[] | undefined): string {
  if (tag === -100 || tag === null) return "no word can be left out of the loss: give it a tag, O or another";
  return classes
    ? `numbers stand for classes up to ${classes.length - 1}`
    : "write the names in place of numbers, or pass tokenDataset the classes that they stand for";
}

/** Throws where tags of training rows mix two schemes, by the classes that `tagsOf` made of them. */
function refuseMixed(tags: string[][], classes: readonly string[], place: (row: number) => string): void {
  tags.forEach((row, i) => {
    const placed = row.find((tag) => !classes.includes(tag));
    if (placed !== undefined)
      throw new InputError(
        `${place(i)}: expected tags of one scheme, got ${JSON.stringify(placed)} here and ${JSON.stringify(placed.slice(2))} elsewhere; write B- or I- before each name, or before none`,
      );
  });
}

function refuseUnknown(
  tags: string[][] | null,
  classes: readonly string[],
  place: (row: number) => string,
): void {
  tags?.forEach((row, i) => {
    const unknown = row.find((tag) => !classes.includes(tag));
    if (unknown !== undefined)
      throw new InputError(
        `${place(i)}: tag ${JSON.stringify(unknown)} is none of those known from training: ${classes.join(", ")}`,
      );
  });
}

/** Words with a blank between them, and where each stands. */
function joined(lists: string[][]): { texts: string[]; words: [number, number][][] } {
  const places = lists.map((words) => {
    let at = 0;
    return words.map((word): [number, number] => {
      at += word.length + 1;
      return [at - 1 - word.length, at - 1];
    });
  });
  return { texts: lists.map((words) => words.join(" ")), words: places };
}

/** Labelled parts in their order, by UTF-16 units: in a file they count characters, as Python does. */
function readSpans(cell: string, text: string, where: string, column: string): TokenSpan[] {
  const found = cell.trim() === "" ? [] : list(cell, where, column, "a list of { start, end, label }");
  const units = unitsOf(text);
  const length = units ? units.length - 1 : text.length;
  const spans = found.map((each) => {
    const { start, end, label } = Object(each) as Record<string, unknown>;
    const fits =
      Number.isInteger(start) && Number.isInteger(end) && typeof label === "string" && label !== "";
    if (!fits || !(0 <= Number(start) && Number(start) < Number(end) && Number(end) <= length))
      throw new InputError(
        `${where}: expected { start, end, label } within a text of ${length} characters, got ${JSON.stringify(each)}`,
      );
    const unit = (at: unknown) => (units ? units[at as number] : (at as number));
    return { start: unit(start), end: unit(end), label: label as string };
  });
  spans.sort((a, b) => a.start - b.start);
  const twice = spans.findIndex((span, i) => i > 0 && span.start < spans[i - 1].end);
  if (twice > 0)
    throw new InputError(
      `${where}: expected parts apart from each other, got ${JSON.stringify(spans[twice - 1])} and ${JSON.stringify(spans[twice])}`,
    );
  return spans;
}

/** Where each character of a text begins, and its end; null where each is one unit. */
function unitsOf(text: string): number[] | null {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return null;
  const starts: number[] = [];
  let at = 0;
  for (const character of text) {
    starts.push(at);
    at += character.length;
  }
  return [...starts, at];
}
