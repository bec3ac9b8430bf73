import { type Command, Option } from "commander";
import { PRECISIONS, type Precision } from "../engine/autocast";
import { ENGINES, type EngineName } from "../engine/useEngine";
import { SCHEDULES } from "../options/words";
import type { TrialSettings } from "../sweep/trial";
import type { Schedule } from "../training/schedule";
import { decimal, wholeNumber } from "./parseNumbers";

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
    new Option("--engine <name>", "what computes; auto is TensorFlow where it runs, else wasm")
      .choices(["auto", ...ENGINES])
      .default("auto"),
  );
}

export interface TextFlags {
  text: string;
  pair?: string;
  maxLen?: number;
}

/** Options that say nothing of images. */
export const OF_TEXTS: readonly string[] = ["text", "pair", "maxLen"];

export function addTextOptions(command: Command): Command {
  return command
    .option("--text <column>", "column of texts", "text")
    .option("--pair <column>", "column of second texts, for tasks about two texts")
    .option(
      "--max-len <tokens>",
      "longer texts are cut to this many tokens (default: 128, or what the model's sentence_bert_config.json says)",
      wholeNumber(1),
    );
}

export interface DataFlags extends ModelFlags, EngineFlags, TextFlags {
  ignoreMismatchedSizes?: true;
  train: string;
  valid?: string;
  validFraction: number;
  splitSeed: number;
  label: string[];
  task?: keyof typeof TASKS;
  limit?: number;
  augment?: true | number;
}

/** How labels are read, by `--task`. */
export const TASKS = {
  single: "single_label_classification",
  multi: "multi_label_classification",
  regression: "regression",
} as const;

/** Data options that say nothing of texts. */
export const OF_IMAGES: readonly string[] = ["augment"];

/** Data options that say nothing of images. */
export const OF_TABLES: readonly string[] = [...OF_TEXTS, "label", "task", "limit"];

/** What is trained, on which rows. */
export function addDataOptions(command: Command): Command {
  addModelOption(command)
    .option(
      "--ignore-mismatched-sizes",
      "start weights of another shape than the checkpoint's anew, as a head made for other classes",
    )
    .optionsGroup("Data:")
    .requiredOption(
      "--train <path>",
      "table to train on: .csv, .tsv, .jsonl or .json; or, for an image model, a folder with a folder of images for " +
        "each class",
    )
    .option("--valid <path>", "the same to validate on; left out, rows of --train are set aside")
    .option("--valid-fraction <share>", "how many, every class keeping its share", decimal(0, 1), 0.2)
    .option("--split-seed <seed>", "which of them", wholeNumber(), 0)
    .option("--limit <rows>", "read only the first rows of --train", wholeNumber(1))
    .option(
      "--augment [share]",
      "train on random crops of the images, mirrored or not, that cover at least this share of them (default: 0.08)",
      decimal(0.01, 1),
    );
  return addTextOptions(command)
    .addOption(
      new Option("--label <columns>", "column of labels; several, joined by commas, for several labels a row")
        .argParser((text) => text.split(",").map((name) => name.trim()))
        .default(["target"], "target"),
    )
    .addOption(
      new Option(
        "--task <kind>",
        "how labels are read; by default single, or multi for several columns",
      ).choices(Object.keys(TASKS)),
    );
}

export interface TrainingFlags {
  epochs: number;
  batch: number;
  lr: number;
  weightDecay: number;
  warmup: number;
  schedule: Schedule;
  layerwiseDecay: number;
  earlyStopping?: number;
  metric?: string;
  classWeights?: number[] | "balanced";
  frozenDropout?: true;
  gradientCheckpointing?: true;
  precision: Precision;
}

/** How it is trained. */
export function addTrainingOptions(command: Command): Command {
  command
    .optionsGroup("Training:")
    .option("--epochs <count>", "how often the rows are gone through", wholeNumber(1), 2)
    .option("--batch <rows>", "rows a step", wholeNumber(1), 32)
    .addOption(
      new Option("--lr <rate>", "peak learning rate of AdamW").argParser(decimal(0)).default(5e-5, "5e-5"),
    )
    .addOption(
      new Option("--schedule <name>", "how the rate falls after the warm-up")
        .choices([...SCHEDULES])
        .default("linear"),
    )
    .option("--warmup <share>", "share of the steps over which the rate rises from 0", decimal(0, 1), 0.1)
    .option(
      "--layerwise-decay <factor>",
      "the rate falls by this with each layer below the head",
      decimal(0, 1),
      1,
    )
    .option("--weight-decay <rate>", "decoupled weight decay", decimal(0), 0.01)
    .option("--class-weights <list>", "weight of each class in the loss, or balanced", classWeights)
    .option(
      "--early-stopping <epochs>",
      "stop after this many without a better one; keep the best",
      wholeNumber(1),
    )
    .option("--metric <name>", "what is judged by (default: accuracy, or rmse in a regression)")
    .option("--frozen-dropout", "let dropout fire in frozen layers, as PyTorch does; slower")
    .option("--gradient-checkpointing", "compute each layer again on the way back: less memory; slower");
  command.addOption(
    new Option("--precision <type>", "of matrix products; bf16 and fp16 need engine tensorflow")
      .choices(PRECISIONS)
      .default("fp32"),
  );
  return addEngineOption(command);
}

/** The options as `fineTune` and `freezeSweep` take them. */
export function trainingSettings(flags: TrainingFlags): TrialSettings {
  return {
    epochs: flags.epochs,
    batchSize: flags.batch,
    learningRate: flags.lr,
    weightDecay: flags.weightDecay,
    warmup: flags.warmup,
    schedule: flags.schedule,
    layerwiseDecay: flags.layerwiseDecay,
    ...(flags.classWeights && { classWeights: flags.classWeights }),
    // Without early stopping the metric decides nothing about a training: its records serve every metric.
    ...(flags.earlyStopping && { earlyStopping: flags.earlyStopping }),
    ...(flags.earlyStopping && flags.metric && { metric: flags.metric }),
    ...(flags.frozenDropout && { frozenDropout: true }),
    ...(flags.gradientCheckpointing && { gradientCheckpointing: true }),
    ...(flags.precision !== "fp32" && { precision: flags.precision }),
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
      "freeze the embeddings and the first n blocks, of a ResNet the stem and n stages; 0 is what comes before alone",
      wholeNumber(),
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

function classWeights(text: string): number[] | "balanced" {
  return text === "balanced" ? text : text.split(",").map(decimal(0));
}
