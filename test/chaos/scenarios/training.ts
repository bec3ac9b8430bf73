import { cpSync } from "node:fs";
import { join } from "node:path";
import { writeTinyModel, writeTinyTable } from "../../tinyInputs";
import type { Scenario } from "../Scenario";
import { commandLine } from "./commandLine";

/** Dropout makes a run depend on where its random draws stand. */
const DROPOUT = { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 };

const prepare = (rows: number, clauses?: number) => (folder: string) => {
  writeTinyModel(join(folder, "model"), DROPOUT);
  writeTinyTable(join(folder, "train.csv"), rows, { clauses });
};

const TRAINED = ["--model", "model", "--train", "train.csv", "--engine", "onnxruntime", "--batch-size", "16"];

/** A training below which two blocks are frozen: its features are cached, its state kept, its model saved. */
export const finetune: Scenario = {
  name: "finetune",
  // Features of so many tokens are worth the cache.
  prepare: prepare(120, 12),
  args: () => [
    ...[commandLine, "finetune", ...TRAINED, "--freeze", "1", "--lr", "1e-3", "--epochs", "3", "--seed", "5"],
    ...["--save-every", "4", "--save", "saved"],
  ],
  whole: /^work\/saved\//,
};

/** Trials of two depths and a recipe. */
export const sweep: Scenario = {
  name: "sweep",
  prepare: prepare(90),
  args: () => [
    ...[
      commandLine,
      "sweep",
      ...TRAINED,
      "--n",
      "-1,2",
      "--strategies",
      "bitFit",
      "--lr",
      "1e-3",
      "--epochs",
      "2",
    ],
    ...["--save-every", "2", "--out", "run"],
  ],
  whole: /^work\/run\/predictions\//,
  timed: /^work\/run\/(report\.html|\w+\.(svg|png)|trials\.(csv|json))$/,
};

/** A report of records that are there. */
export const report: Scenario = {
  name: "report",
  after: ["sweep"],
  prepare(folder, ended) {
    for (const name of ["records.jsonl", "predictions"])
      cpSync(join(ended("sweep"), "run", name), join(folder, "run", name), { recursive: true });
  },
  args: () => [commandLine, "report", "run"],
  whole: /^work\/run\//,
};

const withModel: Pick<Scenario, "after" | "prepare"> = {
  after: ["finetune"],
  prepare(folder, ended) {
    cpSync(join(ended("finetune"), "saved"), join(folder, "saved"), { recursive: true });
    writeTinyTable(join(folder, "test.csv"), 90, { seeds: ["test"] });
  },
};

export const predict: Scenario = {
  name: "predict",
  ...withModel,
  args: () => [
    ...[commandLine, "predict", "--model", "saved", "--data", "test.csv", "--probabilities"],
    ...["--engine", "onnxruntime", "--out", "said/said.csv"],
  ],
  whole: /^work\/said\//,
};

export const exported: Scenario = {
  name: "export",
  ...withModel,
  args: () => [commandLine, "export", "--model", "saved", "--out", "onnx"],
  whole: /^work\/onnx\//,
};
