import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMetric } from "../../src/cli/checkMetric";
import type { Labels } from "../../src/data/textDataset";
import { InputError } from "../../src/errors";

const single: Labels = {
  problemType: "single_label_classification",
  classes: ["a", "b"],
  ids: Int32Array.of(0, 1, 1),
};
const multi: Labels = {
  problemType: "multi_label_classification",
  classes: ["a", "b"],
  values: Float32Array.of(0, 1, 1, 0),
};
const regression: Labels = { problemType: "regression", values: Float32Array.of(0.5, 2) };

test("A metric that trainings on these labels report is taken, as is the loss", () => {
  const taken = (names: string[], labels: Labels) => {
    for (const name of names) assert.doesNotThrow(() => checkMetric(name, labels), name);
  };
  taken(["loss", "accuracy", "f1", "mcc", "rocAuc", "logLoss"], single);
  taken(["loss", "accuracy", "f1", "rocAuc", "logLoss"], multi);
  taken(["loss", "rmse"], regression);
});

test("Any other is refused, and those there are are named", () => {
  const refused = (name: string, labels: Labels, message: RegExp) =>
    assert.throws(
      () => checkMetric(name, labels),
      (error: Error) => error instanceof InputError && message.test(error.message),
    );
  refused("rmse", single, /^--metric: expected one of loss, accuracy, f1, mcc, rocAuc, logLoss, got "rmse"$/);
  refused("mcc", multi, /got "mcc"/);
  refused("accuracy", regression, /expected one of loss, rmse/);
});

test("rocAuc is refused where a class has no row to validate on, since it is not defined there", () => {
  const oneClass: Labels = { ...single, ids: Int32Array.of(1, 1) };
  assert.throws(() => checkMetric("rocAuc", oneClass), /--metric/);
});
