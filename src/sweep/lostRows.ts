import type { Labels } from "../data/labels";
import { labelWidth } from "../data/labelWidth";
import { InputError } from "../errors";
import { formatScore } from "../text/numbers";
import { argMax } from "../training/argMax";
import { isWholeRow } from "../training/metrics";
import { atBestRates } from "./atBestRates";
import { bestDepth } from "./bestDepth";
import type { RowPredictions } from "./RowPredictions";
import { RowTextsFile } from "./RowTextsFile";
import { readPredictions } from "./readPredictions";
import type { TrialRecord } from "./record";
import { recordFolders } from "./recordFolders";
import type { DepthSummary } from "./summarize";

/** A validation row that a depth gets wrong, or more wrong, where the best depth does not. */
export interface LostRow {
  /** Its number, from 1. */
  row: number;
  /** What it reads; null where that is not known. */
  text: string | null;
  /** What is true of it. */
  label: string;
  /** What the best depth says. */
  best: string;
  /** What this depth says. */
  said: string;
}

/** The rows that one depth loses against the best one. */
export interface LostRows {
  row: DepthSummary;
  best: DepthSummary;
  /** How many it loses. */
  count: number;
  /** The worst of them. */
  worst: LostRow[];
}

/**
 * The rows that each depth loses: of classes those that the best depth gets right and it gets wrong, by the mean of what the seeds say; of
 * numbers those of which its error is larger. The worst first, by how much less it gives to what is true, and no more than `most`. Depths
 * that are not compared row by row are left out.
 */
export function lostRows(records: TrialRecord[], rows: DepthSummary[], most = 10): LostRows[] {
  const { best } = bestDepth(rows);
  const known = rows.filter((row) => row.difference);
  if (!best || known.length === 0) return [];
  const trials = atBestRates(records, rows);
  const meansOf = ({ strategy, n }: DepthSummary) =>
    meanPredictions(trials.filter((trial) => trial.strategy === strategy && trial.n === n));
  const theirs = meansOf(best);
  if (!theirs) return [];
  const texts = new RowTextsFile(theirs.folder, theirs.rows).read(best.validRows);
  const judge = judgeOf(theirs.labels);
  return known.flatMap((row) => {
    const ours = meansOf(row);
    if (!ours) return [];
    const lost: { at: number; by: number }[] = [];
    for (let at = 0; at < row.validRows; at++) {
      const by = judge.error(ours.outputs, at) - judge.error(theirs.outputs, at);
      if (
        by > 0 &&
        (!judge.isRight || (judge.isRight(theirs.outputs, at) && !judge.isRight(ours.outputs, at)))
      )
        lost.push({ at, by });
    }
    lost.sort((a, b) => b.by - a.by || a.at - b.at);
    const worst = lost.slice(0, most).map(({ at }) => ({
      row: at + 1,
      text: texts?.[at] || null,
      label: judge.label(at),
      best: judge.say(theirs.outputs, at),
      said: judge.say(ours.outputs, at),
    }));
    return [{ row, best, count: lost.length, worst }];
  });
}

/** What trials of several seeds say of the rows on average; null where their files are gone by now. */
function meanPredictions(trials: TrialRecord[]): (RowPredictions & { folder: string }) | null {
  try {
    const folder = recordFolders.get(trials[0])!;
    const all = trials.map((trial) => readPredictions(folder, trial));
    const outputs = new Float32Array(all[0].outputs.length);
    for (const each of all)
      each.outputs.forEach((value, i) => {
        outputs[i] += value / all.length;
      });
    return { ...all[0], outputs, folder };
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

type Outputs = Float32Array;

interface Judge {
  /** How far what is said of a row lies from what is true. */
  error(outputs: Outputs, row: number): number;
  /** Null for numbers, which are never right to the last digit. */
  isRight: ((outputs: Outputs, row: number) => boolean) | null;
  say(outputs: Outputs, row: number): string;
  label(row: number): string;
}

function judgeOf(labels: Labels): Judge {
  const width = labelWidth(labels);
  if (labels.problemType === "regression") {
    const { values } = labels;
    const of = (from: Float32Array, row: number) => [...from.subarray(row * width, (row + 1) * width)];
    return {
      error: (outputs, row) =>
        of(outputs, row).reduce((sum, value, t) => sum + Math.abs(value - values[row * width + t]), 0) /
        width,
      isRight: null,
      say: (outputs, row) =>
        of(outputs, row)
          .map((value) => formatScore(value))
          .join(", "),
      label: (row) => of(values, row).join(", "),
    };
  }
  const { classes } = labels;
  if (labels.problemType === "single_label_classification") {
    const { ids } = labels;
    const said = (outputs: Outputs, row: number) => argMax(outputs, row * width, width);
    return {
      error: (outputs, row) => 1 - outputs[row * width + ids[row]],
      isRight: (outputs, row) => said(outputs, row) === ids[row],
      say: (outputs, row) =>
        `${classes[said(outputs, row)]} (${outputs[row * width + said(outputs, row)].toFixed(2)})`,
      label: (row) => classes[ids[row]],
    };
  }
  const { values } = labels;
  const named = (holds: (i: number) => boolean, row: number) =>
    classes.filter((_, c) => holds(row * width + c)).join(", ") || "none";
  return {
    error: (outputs, row) => {
      let sum = 0;
      for (let i = row * width; i < (row + 1) * width; i++) sum += Math.abs(outputs[i] - values[i]);
      return sum / width;
    },
    isRight: (outputs, row) => isWholeRow(outputs, values, width, row),
    say: (outputs, row) => named((i) => outputs[i] >= 0.5, row),
    label: (row) => named((i) => values[i] >= 0.5, row),
  };
}
