import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Precision } from "../engine/autocast";
import { ENGINES, type EngineName } from "../engine/useEngine";
import { freezeWhere, topNLayerFreeze } from "../freeze";
import type { Classifier } from "../models/Classifier";
import type { PoolingHead } from "../models/Head";
import type { ProblemType } from "../models/Parts";
import type { OptionTable, Option as TableOption } from "../options/Option";
import { keeping, OPTIONS, training } from "../options/table";
import { LOSSES, POOLINGS } from "../options/words";
import type { TrialSettings } from "../sweep/trial";
import type { AdversarialChoice } from "../training/Adversary";
import type { LossName } from "../training/loss";
import type { SaveEvery } from "../training/SavePace";
import type { Schedule } from "../training/schedule";
import type { AverageChoice } from "../training/WeightAverage";
import { parseHead } from "./parseHead";
import { decimal, depth } from "./parseNumbers";
import { tableFlag } from "./tableFlag";

// Every option that more than one command takes. The interfaces are what commander makes of them.

export interface ModelFlags {
  model: string;
}

export function addModelOption(command: Command): Command {
  return command
    .optionsGroup("Model:")
    .requiredOption("--model <dir>", "checkpoint folder in the Hub's layout, or a model's id on the Hub");
}

export interface EngineFlags {
  engine: EngineName | "auto";
}

export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option("--engine <name>", "what computes; auto is TensorFlow where it runs, else ONNX Runtime")
      .choices(["auto", ...ENGINES])
      .default("auto"),
  );
}

export interface TextFlags {
  text: string;
  pair?: string;
  maxLength?: number;
  encoding: string;
  delimiter?: string;
}

/** Options that say nothing of images. */
export const OF_TEXTS: readonly string[] = ["text", "pair", "maxLength", "encoding", "delimiter"];

export function addTextOptions(command: Command): Command {
  const { text, pair } = OPTIONS.textDataset;
  const { encoding, delimiter } = OPTIONS.readTable;
  for (const entry of [text, pair, OPTIONS.tokenize.maxLength, encoding, delimiter])
    command.addOption(tableFlag(entry));
  return command;
}

export interface DataFlags extends ModelFlags, EngineFlags, TextFlags {
  weight?: string;
  ignoreMismatchedSizes?: true;
  head?: PoolingHead;
  train: string[];
  valid?: string[];
  validFraction: number;
  splitSeed: number;
  label: string[];
  problemType?: ProblemType | "token_classification";
  stride?: number;
  limit?: number;
  augment?: true | number;
}

/** What labels mean, by the short names of `--task`. */
export const TASKS = {
  single: "single_label_classification",
  multi: "multi_label_classification",
  regression: "regression",
  tokens: "token_classification",
} as const;

/** Data options that say nothing of texts. */
export const OF_IMAGES: readonly string[] = ["augment"];

/** Data options that say nothing of images. */
export const OF_TABLES: readonly string[] = [
  ...OF_TEXTS,
  ...["head", "label", "weight", "problemType", "limit", "stride"],
];

/** Data options that say nothing of words in texts. */
export const OF_ROWS: readonly string[] = ["pair", "weight", "head"];

/** What a table may be, and that there may be several. */
export const TABLES =
  ".csv, .tsv, .jsonl or .json, also packed by gzip or alone in a zip; several, joined by commas, one after the other";

/** Files joined by commas; a file whose name has a comma is one. */
export const paths = (text: string): string[] => (existsSync(text) ? [text] : names(text));

/** What is trained, on which rows. */
export function addDataOptions(command: Command): Command {
  addModelOption(command)
    .addOption(tableFlag(OPTIONS["AutoModelForSequenceClassification.fromPretrained"].ignoreMismatchedSizes))
    .addOption(
      tableFlag(OPTIONS["AutoModelForSequenceClassification.fromPretrained"].head, {
        says: `a head that reads the last layer's rows so, in place of the family's own: one of ${POOLINGS.join(", ")}; with settings as lstm:hiddenSize=256:bidirectional=true (default: as saved)`,
      }).argParser(parseHead),
    )
    .optionsGroup("Data:")
    .requiredOption(
      "--train <paths>",
      `table to train on: ${TABLES}; or, for an image model, a folder with a folder of images for each class`,
      paths,
    )
    .option("--valid <paths>", "the same to validate on; left out, rows of --train are set aside", paths)
    .addOption(
      tableFlag(OPTIONS.trainValidSplit.validFraction, { says: "how many, every class keeping its share" }),
    )
    .addOption(
      tableFlag(OPTIONS.trainValidSplit.seed, { flag: "--split-seed <seed>", says: "which of them" }),
    )
    .addOption(tableFlag(OPTIONS.readTable.limit, { says: "read only the first rows of --train" }))
    .option(
      "--augment [share]",
      "train on random crops of the images, mirrored or not, that cover at least this share of them (default: 0.08)",
      decimal(0.01, 1),
    );
  return addTextOptions(command)
    .addOption(
      new Option(
        "--label <columns>",
        "column of labels; several, joined by commas, for several labels a row, the targets of --task regression, or with --task single the probabilities of classes",
      )
        .argParser(names)
        .default(["target"], "target"),
    )
    .addOption(tableFlag(OPTIONS.textDataset.weight))
    .addOption(
      new Option(
        "--task, --problem-type <kind>",
        `what labels mean: ${Object.keys(TASKS).join(", ")} (default: single, or multi for several columns); of tokens each word has its tag: --text is a column of words and --label of their tags, or --text of texts and --label of { start, end, label }`,
      ).argParser(problemType),
    )
    .addOption(
      tableFlag(OPTIONS.tokenizeWords.stride, {
        says: "of --task tokens: tokens that windows of a text share at least (default: a quarter of a window)",
      }),
    );
}

export interface TrainingFlags {
  epochs: number;
  batchSize: number;
  learningRate: number;
  weightDecay: number;
  warmup: number;
  schedule: Schedule;
  layerwiseDecay: number;
  evalEvery?: number;
  earlyStopping?: number;
  metric?: string;
  metrics?: string[];
  loss?: LossName;
  classWeights?: number[] | "balanced";
  headInit: "random" | "probe";
  average?: AverageChoice;
  adversarial?: AdversarialChoice;
  frozenDropout?: true;
  gradientCheckpointing?: true;
  gradientAccumulation: number;
  microBatchSize?: number | "auto";
  precision: Precision;
}

/** Where a flag's line says something else than the table. */
const SAYS: Partial<Record<keyof typeof training, string>> = {
  microBatchSize:
    "rows that go through the model at a time, their gradients added up to those of the batch; auto finds by trying how many fit into memory (default: all of a batch)",
  metric: "what epochs and depths are judged by (default: accuracy, or rmse in a regression)",
  adversarial:
    "learn from gradients at disturbed weights: fgm, or awp; awp=2 from epoch 2 on (default: none)",
  average:
    "judge by a mean of the weights and end with it: ema, or ema=0.99 for another decay than 0.999, after each step; swa, or swa=3 from epoch 3 on, at each epoch's end",
};

/**
 * How it is trained; `instead` is what a command has in place of the flags of those names, `taken` the options of the function that it
 * calls.
 */
export function addTrainingOptions(
  command: Command,
  instead: Partial<Record<string, Option>> = {},
  taken: OptionTable = training,
): Command {
  command.optionsGroup("Training:");
  for (const [name, entry] of Object.entries(training) as [keyof typeof training, TableOption][]) {
    if (entry.flag === undefined || !Object.hasOwn(taken, name)) continue;
    const flag = instead[name] ?? tableFlag(entry, SAYS[name] ? { says: SAYS[name] } : {});
    if (name === "classWeights") flag.argParser(classWeights);
    if (name === "adversarial") flag.argParser(adversarial);
    if (name === "average") flag.argParser(average);
    if (name === "loss") flag.choices([...LOSSES]);
    if (name === "metrics") flag.argParser(names);
    if (name === "microBatchSize") flag.argParser(rowsOrAuto);
    if (name === "evalEvery") flag.argParser(stepsOrShare);
    command.addOption(flag);
  }
  return addEngineOption(command);
}

export interface KeepingFlags {
  saveEvery?: SaveEvery;
  restart?: true;
  maxMinutes?: number;
}

/** How its state is kept, and when it ends. */
export function addKeepingOptions(command: Command): Command {
  const { saveEvery, restart, maxMinutes } = keeping;
  return command
    .addOption(
      tableFlag(saveEvery, {
        says: "write the state every so many steps, or minutes as 10min (default: as often as takes at most 2 % of the time)",
      }).argParser(stepsOrMinutes),
    )
    .addOption(tableFlag(restart))
    .addOption(tableFlag(maxMinutes));
}

/** "200", or "10min". */
function stepsOrMinutes(text: string): SaveEvery {
  const minutes = /^(.+?)\s*min(?:utes?)?$/.exec(text.trim())?.[1];
  const value = Number(minutes ?? text);
  if (minutes === undefined ? Number.isSafeInteger(value) && value >= 1 : Number.isFinite(value) && value > 0)
    return minutes === undefined ? value : { minutes: value };
  throw new InvalidArgumentError("Expected a whole number of steps, or minutes as 10min.");
}

/** "8" rows, or "auto". */
function rowsOrAuto(text: string): number | "auto" {
  const value = Number(text);
  if (text.trim() === "auto") return "auto";
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("Expected a whole number of rows, or auto.");
}

/** "200" steps, or 0.5 of an epoch. */
function stepsOrShare(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && (value < 1 || Number.isSafeInteger(value))) return value;
  throw new InvalidArgumentError("Expected a whole number of steps, or a share of an epoch as 0.5.");
}

/** What rows are scored by in any case. */
const USUAL = new Set(["loss", "accuracy", "f1", "mcc", "rocAuc", "logLoss", "rmse"]);

/** The options as `fineTune` and `freezeSweep` take them; what was left out and is off by default stays out. */
export function trainingSettings(
  flags: Omit<TrainingFlags, "learningRate" | "headInit"> & Partial<TrainingFlags>,
): TrialSettings {
  const { metric, metrics = [], precision, gradientAccumulation, headInit, ...given } = flags;
  const names = Object.keys(training) as (keyof typeof given)[];
  const settings = Object.fromEntries(names.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
  const further = [...new Set([...metrics, ...(metric === undefined || USUAL.has(metric) ? [] : [metric])])];
  return {
    ...settings,
    // Without early stopping the metric decides nothing about a training: its records serve every metric.
    ...(flags.earlyStopping && metric && { metric }),
    ...(further.length > 0 && { metrics: further }),
    ...(gradientAccumulation !== 1 && { gradientAccumulation }),
    ...(precision !== "fp32" && { precision }),
    ...(headInit && headInit !== "random" && { headInit }),
  };
}

export interface FreezeFlags {
  freeze?: number;
  freezeWhere: string[];
}

export function addFreezeOptions(command: Command): Command {
  return command
    .optionsGroup("Freezing:")
    .option(
      "--freeze <n>",
      "freeze the embeddings and the first n blocks, of a ResNet the stem and n stages; 0 is what comes before alone, none or -1 nothing",
      depth,
    )
    .addOption(
      new Option(
        "--freeze-where <pattern>",
        "freeze parameters whose names match: a part of the name, or a glob over all of it; may be repeated",
      )
        .argParser<string[]>((pattern, before) => [...before, pattern])
        .default([], "none"),
    );
}

/** Freezes what the options name. */
export function freezeBy({ freeze, freezeWhere: patterns }: FreezeFlags, model: Classifier): void {
  // As in a sweep, where it is one of the depths: nothing is frozen.
  if (freeze !== undefined && freeze !== -1) topNLayerFreeze(model, freeze);
  for (const pattern of patterns) freezeWhere(model, pattern);
}

/** Names joined by commas; an empty name among them is what an unset variable of the shell leaves. */
function names(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes(""))
    throw new InvalidArgumentError("Expected names joined by commas, got an empty one among them.");
  return names;
}

/** A task by its short name, or by Transformers'. */
function problemType(text: string): DataFlags["problemType"] {
  const names = Object.keys(TASKS) as (keyof typeof TASKS)[];
  const found = names.find((name) => name === text || TASKS[name] === text);
  if (found === undefined) throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.`);
  return TASKS[found];
}

/** "ema", "ema=0.99", "swa" or "swa=3". */
function average(text: string): AverageChoice {
  const [name, given, ...more] = text.trim().split("=");
  const value = Number(given);
  if (more.length === 0 && (name === "ema" || name === "swa")) {
    if (given === undefined) return name;
    if (name === "ema" && given !== "" && value >= 0 && value < 1) return { name, decay: value };
    if (name === "swa" && Number.isSafeInteger(value) && value >= 1) return { name, fromEpoch: value };
  }
  throw new InvalidArgumentError("Expected ema, ema=0.99, a decay below 1, swa or swa=3, an epoch.");
}

/** "fgm", or "awp=2". */
function adversarial(text: string): AdversarialChoice {
  const [name, given, ...more] = text.trim().split("=");
  const fromEpoch = Number(given);
  if (more.length === 0 && (name === "fgm" || name === "awp")) {
    if (given === undefined) return name;
    if (Number.isSafeInteger(fromEpoch) && fromEpoch >= 1) return { name, fromEpoch };
  }
  throw new InvalidArgumentError("Expected fgm or awp, or with the first epoch that has it, awp=2.");
}

function classWeights(text: string): number[] | "balanced" {
  return text === "balanced" ? text : text.split(",").map(decimal(0));
}
