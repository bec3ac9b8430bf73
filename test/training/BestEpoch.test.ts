import assert from "node:assert/strict";
import { test } from "node:test";
import type { Classifier } from "../../src/models/Classifier";
import { BestEpoch } from "../../src/training/BestEpoch";
import type { CustomMetric } from "../../src/training/CustomMetric";
import type { EpochRecord } from "../../src/training/events";

/** The best of epochs with these scores, the first of which is epoch 1. */
function bestOf(metric: "loss" | "f1" | CustomMetric, scores: (number | undefined)[]) {
  const best = new BestEpoch({} as Classifier, { metric, restoreBest: false, earlyStopping: 1 });
  scores.forEach((score, i) => {
    const name = typeof metric === "string" ? metric : metric.name;
    const metrics = score === undefined || name === "loss" ? {} : { [name]: score };
    best.take({ epoch: i + 1, validLoss: score ?? null, metrics } as EpochRecord);
  });
  return [best.epoch, best.value];
}

test("The best epoch is the first of the highest score, or of the lowest where less is better", () => {
  assert.deepEqual(bestOf("f1", [0.2, 0.5, 0.5, 0.4]), [2, 0.5]);
  assert.deepEqual(bestOf("loss", [0.9, 0.4, 0.6, 0.4]), [2, 0.4]);
  assert.deepEqual(bestOf({ name: "cost", score: () => 0, greaterIsBetter: false }, [3, 1, 2]), [2, 1]);
});

test("An epoch whose score is no number, or has none, gives way to one that has, and never takes its place", () => {
  assert.deepEqual(bestOf("f1", [Number.NaN, undefined, 0.1, 0.3, Number.NaN]), [4, 0.3]);
  assert.deepEqual(bestOf("loss", [Number.NaN, 0.7, Number.NaN, 0.8]), [2, 0.7]);
  assert.deepEqual(bestOf("f1", [undefined, undefined]), [1, Number.NaN]);
});
