import type { Labels } from "../../src/data/labels";
import { RecordStore } from "../../src/sweep/RecordStore";
import type { RowPredictions } from "../../src/sweep/RowPredictions";
import type { TrialRecord } from "../../src/sweep/record";
import { metrics } from "../../src/training/metrics";
import { fakeEpoch, fakeRecord } from "./fakeRecord";

/** A record with its predictions beside it in a sweep's folder, and the scores that these have. */
export function pairedRecord(
  folder: string,
  predictions: RowPredictions,
  given: Partial<TrialRecord> = {},
): TrialRecord {
  const { outputs, labels } = predictions;
  const scores = metrics(outputs, labels);
  const width = labels.classes?.length ?? 1;
  const record = fakeRecord({
    accuracy: scores.accuracy ?? null,
    validRows: outputs.length / width,
    epochs: [fakeEpoch({ metrics: scores })],
    ...given,
  });
  return new RecordStore(folder).append(record, predictions);
}

/** Predictions of two classes for as many rows as the text has letters: "+" is right, "-" wrong. */
export function rightWrong(text: string): RowPredictions {
  const ids = Int32Array.from(text, (_, row) => row % 2);
  const labels: Labels = { problemType: "single_label_classification", classes: ["a", "b"], ids };
  const outputs = Float32Array.from(
    [...text].flatMap((letter, row) => {
      const first = (row % 2 === 0) === (letter === "+");
      return first ? [0.75, 0.25] : [0.25, 0.75];
    }),
  );
  return { outputs, labels, rows: "the same rows" };
}

/** A sweep by what each depth gets right, seed by seed: { 0: ["++-", "+--"] }. */
export const pairedSweep = (folder: string, depths: Record<string, string[]>): TrialRecord[] =>
  Object.entries(depths).flatMap(([n, seeds]) =>
    seeds.map((text, seed) => pairedRecord(folder, rightWrong(text), { n: Number(n), seed })),
  );
