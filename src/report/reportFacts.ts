import type { TrialRecord } from "../sweep/record";
import { formatCount } from "../text/numbers";

/** A fact's name, and what it is in a trial; undefined where nothing is known. */
type Fact = [string, (record: TrialRecord) => string | undefined];

/** Options that stand by themselves among the facts, in this order, and what they are called there. */
const NAMED: Record<string, string> = {
  learningRate: "Learning rate",
  batchSize: "Batch size",
  epochs: "Epochs",
  schedule: "Schedule",
  warmup: "Warm-up",
  weightDecay: "Weight decay",
  metric: "Judged by",
};

const textOf = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
};

/** What the numbers hold for, by name. A fact on which trials differ has every value it took. */
export function reportFacts(records: TrialRecord[]): [string, string][] {
  const optionsOf = ({ about, settings }: TrialRecord) => about?.options ?? settings ?? {};
  const others = new Set(records.flatMap((record) => Object.keys(optionsOf(record))));
  for (const name of [...Object.keys(NAMED), "precision"]) others.delete(name);
  const known = new Set([
    "model",
    "train",
    "valid",
    "command",
    "maxLength",
    "longestRow",
    "truncatedRows",
    "imageSize",
    "options",
  ]);
  const more = new Set(
    records.flatMap(({ about = {} }) => Object.keys(about)).filter((name) => !known.has(name)),
  );
  const versions = new Set(records.flatMap((record) => Object.keys(record.versions)));
  const facts: Fact[] = [
    ["Model", ({ about }) => textOf(about?.model)],
    ["Parameters", ({ totalParameters }) => formatCount(totalParameters)],
    ["Training rows", ({ about, trainRows }) => withCount(trainRows, about?.train)],
    ["Validation rows", ({ about, validRows }) => withCount(validRows, about?.valid)],
    ["Lengths", lengths],
    ["Images", ({ about }) => about?.imageSize && `${about.imageSize} pixels`],
    ...Object.entries(NAMED).map(
      ([option, name]): Fact => [name, (record) => textOf(optionsOf(record)[option])],
    ),
    ["Precision", ({ precision }) => precision],
    ["Seeds", ({ seed }) => String(seed)],
    ["Recipes", ({ recipe }) => recipe && textOf(recipe)],
    ["Other options", (record) => listOf(optionsOf(record), others)],
    ["Command", ({ about }) => textOf(about?.command)],
    ...Array.from(more, (name): Fact => [name, ({ about }) => textOf(about![name])]),
    ["Engine", ({ engine, engineReason }) => engine + (engineReason ? ` (${engineReason})` : "")],
    ["Versions", (record) => listOf(record.versions, versions)],
    ["SHA-256", ({ modelHash, dataHash }) => `model ${modelHash}, rows ${dataHash}`],
  ];
  return facts.flatMap(([name, fact]): [string, string][] => {
    const values = [...new Set(records.map(fact))].filter((value) => value !== undefined);
    return values.length === 0 ? [] : [[name, values.join(", ")]];
  });
}

const withCount = (rows: number, file: unknown): string =>
  file === undefined ? formatCount(rows) : `${formatCount(rows)}, of ${textOf(file)}`;

function lengths({ about }: TrialRecord): string | undefined {
  if (about?.maxLength === undefined) return undefined;
  const { maxLength, longestRow, truncatedRows } = about;
  const longest = longestRow === undefined ? "" : `; the longest row has ${longestRow}`;
  const cut = truncatedRows ? `; ${formatCount(truncatedRows)} training rows were cut` : "";
  return `at most ${maxLength} tokens${longest}${cut}`;
}

const listOf = (values: Record<string, unknown>, names: Set<string>): string | undefined =>
  [...names]
    .flatMap((name) => (textOf(values[name]) === undefined ? [] : [`${name} ${textOf(values[name])}`]))
    .join(", ") || undefined;
