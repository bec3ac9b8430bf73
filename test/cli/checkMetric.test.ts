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
    for (const metric of names)
      assert.doesNotThrow(
        () => checkMetric({ metric, metrics: [metric].filter((name) => name !== "loss") }, labels),
        metric,
      );
  };
  taken(["loss", "accuracy", "f1", "mcc", "rocAuc", "logLoss"], single);
  taken(["loss", "accuracy", "f1", "rocAuc", "logLoss"], multi);
  taken(["balancedAccuracy", "quadraticKappa", "rocAuc:b", "f1:a"], single);
  taken(["microF1", "rocAuc:a"], multi);
  taken(["loss", "rmse", "mae", "r2", "pearson", "spearman"], regression);
});

test("Any other is refused, and those there are are named", () => {
  const refused = (name: string, labels: Labels, message: RegExp) =>
    assert.throws(
      () => checkMetric({ metric: name }, labels),
      (error: Error) => error instanceof InputError && message.test(error.message),
    );
  refused(
    "rmse",
    single,
    /^--metric: expected one of loss, accuracy, f1, mcc, rocAuc, logLoss, macroF1, microF1, weightedF1, balancedAccuracy, quadraticKappa, rocAuc:<class>, f1:<class>, got "rmse"$/,
  );
  refused("mcc", multi, /got "mcc"/);
  refused("accuracy", regression, /expected one of loss, rmse, mae/);
  refused("rocAuc:c", single, /got "rocAuc:c"/);
  refused("mcrmse", regression, /got "mcrmse"/);
  const several = () => checkMetric({ metric: "f1", metrics: ["mae", "pearson", "kappa"] }, regression);
  assert.throws(several, { name: "InputError", message: /^--metric: .*got "f1"$/ });
  const further = () => checkMetric({ metrics: ["mae", "kappa"] }, regression);
  assert.throws(further, {
    name: "InputError",
    message: /^--metrics: expected one of rmse, mae, .*got "kappa"$/,
  });
});

test("rocAuc is refused where a class has no row to validate on, since it is not defined there", () => {
  const oneClass: Labels = { ...single, ids: Int32Array.of(1, 1) };
  assert.throws(() => checkMetric({ metric: "rocAuc" }, oneClass), /--metric/);
});
