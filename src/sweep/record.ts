import { basename, dirname, join } from "node:path";
import { checkInteger, checkNumber } from "../check";
import { InputError } from "../errors";
import { checkFormat } from "../files/checkFormat";
import { codeOf } from "../files/codeOf";
import { readBytes } from "../files/readBytes";
import { recordsName } from "../files/recordsName";
import { statIfThere } from "../files/statIfThere";
import { visible } from "../freeze";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { parseJson } from "../text/json";
import { LONGEST_STRING } from "../text/longestString";
import type { EpochRecord, EvaluationRecord } from "../training/events";
import type { About } from "./about";
import { recordFolders } from "./recordFolders";
import { refuseNoSweep } from "./refuseNoSweep";

export type { EpochRecord };

/** One trial of a sweep as it stands on a line of `records.jsonl`: plain JSON, written when the trial has ended. */
export interface TrialRecord {
  /** Names the trial within its sweep; no two records of a sweep share it. */
  trial: string;
  /** Of the line: `RECORD_FORMAT`. The first records were written without. */
  format?: number;
  /** How the frozen part was chosen: "freeze", where `n` says how deep, or the name of a recipe. */
  strategy: string;
  /** Frozen blocks: 0 is the embeddings alone, -1 nothing at all. */
  n: number;
  /** Of head, order of rows and dropout. */
  seed: number;
  /** The peak learning rate, where the sweep tried several; a single one stands in the settings alone. */
  learningRate?: number;
  /** What computed. */
  engine: string;
  /** Why that engine, and of TensorFlow on which device: "TensorFlow 2.20.0 computes on GPU Tesla T4". */
  engineReason?: string;
  /** Of matrix products: "fp32", "bf16" or "fp16". */
  precision: string;
  /** Of the weights the trial ended with, 0 to 1; null where the task has none (regression). */
  accuracy: number | null;
  /** Spent on the frozen part's outputs, once for all epochs, and on the probe that the head starts from. */
  frozenSeconds: number;
  /** Where some of those outputs were not computed but read from disk, where an earlier run had left them. */
  frozenFrom?: "cache";
  /** In their order. */
  epochs: EpochRecord[];
  /** With `evalEvery`: all evaluations in their order, those at the ends of epochs among them. */
  evaluations?: EvaluationRecord[];
  /**
   * How the training loss fell: that of the first step, then its means over 24 parts of the training in which the learning rate adds up
   * to the same, those that were reached. Left out for few steps, and where the head is the checkpoint's own or starts from a probe.
   */
  lossCurve?: number[];
  /** The epoch whose weights the trial ended with, where that is not the last one; a fraction for an evaluation within one. */
  restoredEpoch?: number;
  /** The most bytes that all tensors held at once. */
  peakTensorBytes: number;
  /** Of the whole process, so also of what ran in it before. */
  peakRssBytes: number;
  /** How many rows went through the model at a time, where that is less than a batch: as told, or as fit into memory. */
  microBatchSize?: number;
  /** Elements that learned. */
  trainableParameters: number;
  /** Elements of the model. */
  totalParameters: number;
  /** How many rows were trained on. */
  trainRows: number;
  /** How many rows it was judged by. */
  validRows: number;
  /** SHA-256 of the model's config and weights. */
  modelHash: string;
  /** SHA-256 of all rows. */
  dataHash: string;
  /** What the trial was trained with besides n and seed, as it was asked for; its learning rate is among them. */
  settings?: Record<string, unknown>;
  /** The recipe behind the strategy's name; `n` is -1 then and says nothing. */
  recipe?: { recipe: string };
  /** Model, lengths, options and whatever else a report names. */
  about?: About;
  /** Of the kit, Node.js and what computed. */
  versions: Record<string, string>;
  /** The file, named from the sweep's folder on, of what each validation row got. */
  predictions?: string;
}

/** Raised when a record comes to mean something else; fields that are added do not raise it. */
export const RECORD_FORMAT = 1;

/** Where the records of a sweep in this folder are. */
export const recordsFile = (folder: string): string => join(folder, recordsName);

/** The epoch whose weights a trial ended with, as it stood then. */
export function epochOfWeights({
  epochs,
  evaluations = [],
  restoredEpoch = Number.POSITIVE_INFINITY,
}: Pick<TrialRecord, "epochs" | "evaluations" | "restoredEpoch">): EpochRecord {
  const record = epochs.find(({ epoch }) => epoch >= restoredEpoch) ?? epochs.at(-1)!;
  const { epoch, trainLoss, validLoss, metrics } =
    evaluations.find((each) => each.epoch === restoredEpoch) ?? record;
  return { ...record, epoch, trainLoss, validLoss, metrics };
}

/**
 * Reads a `records.jsonl`. A last line that broke off (no line break and no whole JSON: the writer died over it) is left
 * out and `warn` is told; any other line that is no record throws an InputError with the line's number.
 *
 * @throws InputError naming file and line for what cannot be read or is no record
 * @example
 * ```ts
 * const records = readRecords("runs/train/records.jsonl");
 * ```
 */
export function readRecords(path: string, warn?: (message: string) => void): TrialRecord[];
export function readRecords(
  path: string,
  warn: (message: string) => void = console.warn,
  ...more: unknown[]
): TrialRecord[] {
  noOptions("readRecords", more);
  checkArguments("readRecords", { path, warn });
  const lines = readText(path).split("\n");
  const records: TrialRecord[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const where = `${path}, line ${i + 1}`;
    let value: unknown;
    try {
      value = parseJson(where, line, "a record as JSON");
    } catch (error) {
      const isLast = i === lines.length - 1;
      const isLastWhole = i === lines.length - 2 && lines.at(-1) === "";
      if ((isLast && isTorn(line)) || (isLastWhole && isTorn(`${line}\n`)))
        warn(visible(`${where}: broken off in mid-write; this trial is left out`));
      else throw error;
      continue;
    }
    const record = checkRecord(value, where);
    recordFolders.set(record, dirname(path));
    records.push(record);
  }
  return records;
}

/** How each record begins. */
const START = '{"trial":';

/**
 * Whether the last line of a file, with its line break where it has one, may be what a crash left of a record: every whole one ends in "\n",
 * and where a machine died the disk may have kept a later part of a line and not an earlier one, which reads as NULs then.
 */
export const isTorn = (line: string): boolean =>
  line.includes("\0") ||
  (line !== "" && !line.endsWith("\n") && line.startsWith(START.slice(0, line.length)));

function readText(path: string): string {
  try {
    // An editor may have put a byte order mark before it.
    return readBytes(path, LONGEST_STRING)
      .toString()
      .replace(/^\uFEFF/, "");
  } catch (error) {
    // A folder was named, or the place of records that are not there.
    const isFolder = statIfThere(path)?.isDirectory();
    if (isFolder || basename(path) === recordsName) {
      refuseNoSweep(isFolder ? path : dirname(path));
      if (isFolder)
        throw new InputError(
          `${path}: expected a file of records, got a sweep's folder: name ${recordsFile(path)}`,
        );
    }
    const code = codeOf(error);
    throw new InputError(`${path}: expected a file of records, as a sweep writes it, got ${code}`);
  }
}

const strings = ["trial", "strategy", "engine", "precision", "modelHash", "dataHash"];
const counts = ["peakTensorBytes", "peakRssBytes", "trainableParameters", "totalParameters"];

function checkRecord(value: unknown, where: string): TrialRecord {
  const record = checkObject(where, value);
  if (record.format !== undefined) checkFormat(where, record.format, RECORD_FORMAT);
  for (const name of strings) checkString(`${where}: ${name}`, record[name]);
  checkInteger(`${where}: n`, record.n as number, -1);
  checkInteger(`${where}: seed`, record.seed as number);
  for (const name of [...counts, "trainRows", "validRows"])
    checkInteger(`${where}: ${name}`, record[name] as number, 0);
  if (record.learningRate !== undefined)
    checkNumber(`${where}: learningRate`, record.learningRate as number, 0);
  if (record.engineReason !== undefined) checkString(`${where}: engineReason`, record.engineReason);
  if (record.microBatchSize !== undefined)
    checkInteger(`${where}: microBatchSize`, record.microBatchSize as number, 1);
  if (record.restoredEpoch !== undefined)
    checkNumber(`${where}: restoredEpoch`, record.restoredEpoch as number, 0);
  if (record.accuracy !== null) checkNumber(`${where}: accuracy`, record.accuracy as number, 0, 1);
  checkNumber(`${where}: frozenSeconds`, record.frozenSeconds as number, 0);
  if (record.frozenFrom !== undefined && record.frozenFrom !== "cache")
    throw new InputError(
      `${where}: frozenFrom: expected "cache" or nothing, got ${JSON.stringify(record.frozenFrom)}`,
    );
  if (record.settings !== undefined) checkObject(`${where}: settings`, record.settings);
  if (record.about !== undefined) checkObject(`${where}: about`, record.about);
  if (record.predictions !== undefined) checkString(`${where}: predictions`, record.predictions);
  if (record.recipe !== undefined)
    checkString(`${where}: recipe.recipe`, checkObject(`${where}: recipe`, record.recipe).recipe);
  const versions = checkObject(`${where}: versions`, record.versions);
  for (const name in versions) checkString(`${where}: versions.${name}`, versions[name]);
  if (!Array.isArray(record.epochs) || record.epochs.length === 0)
    throw new InputError(`${where}: epochs: expected at least one, got ${JSON.stringify(record.epochs)}`);
  if (record.lossCurve !== undefined) {
    if (!Array.isArray(record.lossCurve) || record.lossCurve.length < 2)
      throw new InputError(
        `${where}: lossCurve: expected a list of losses, got ${JSON.stringify(record.lossCurve)}`,
      );
    for (const [i, loss] of record.lossCurve.entries()) checkNumber(`${where}: lossCurve[${i}]`, loss);
  }
  for (const [i, epoch] of record.epochs.entries()) checkEpoch(epoch, `${where}: epochs[${i}]`);
  if (record.evaluations !== undefined) {
    if (!Array.isArray(record.evaluations))
      throw new InputError(
        `${where}: evaluations: expected a list, got ${JSON.stringify(record.evaluations)}`,
      );
    for (const [i, each] of record.evaluations.entries())
      checkEvaluation(each, `${where}: evaluations[${i}]`);
  }
  return record as unknown as TrialRecord;
}

function checkEpoch(value: unknown, where: string): void {
  const epoch = checkObject(where, value);
  checkScores(epoch, where);
  checkNumber(`${where}.trainSeconds`, epoch.trainSeconds as number, 0);
  for (const name of ["lossScale", "skippedSteps"])
    if (epoch[name] !== undefined) checkNumber(`${where}.${name}`, epoch[name] as number, 0);
}

function checkEvaluation(value: unknown, where: string): void {
  const evaluation = checkObject(where, value);
  checkScores(evaluation, where);
  checkInteger(`${where}.step`, evaluation.step as number, 1);
}

/** What epochs and evaluations have in common. */
function checkScores(epoch: Record<string, unknown>, where: string): void {
  checkNumber(`${where}.epoch`, epoch.epoch as number, 0);
  checkNumber(`${where}.trainLoss`, epoch.trainLoss as number);
  if (epoch.validLoss !== null) checkNumber(`${where}.validLoss`, epoch.validLoss as number);
  checkNumber(`${where}.evalSeconds`, epoch.evalSeconds as number, 0);
  const metrics = checkObject(`${where}.metrics`, epoch.metrics);
  for (const name in metrics) checkNumber(`${where}.metrics.${name}`, metrics[name] as number);
}

function checkObject(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`${name}: expected an object, got ${JSON.stringify(value)}`);
  return value as Record<string, unknown>;
}

function checkString(name: string, value: unknown): void {
  if (typeof value !== "string")
    throw new InputError(`${name}: expected a string, got ${JSON.stringify(value)}`);
}
