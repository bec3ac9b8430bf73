import assert from "node:assert/strict";
import { test } from "node:test";
import { isLowerBetter } from "../../src/training/isLowerBetter";

test("Less is better of losses and errors, of all targets or of one.", () => {
  for (const metric of ["loss", "logLoss", "rmse", "mcrmse", "mae", "rmse:cohesion", "mae:a:b"])
    assert.ok(isLowerBetter(metric), metric);
});

test("More is better of shares, areas and correlations, whatever the class is called.", () => {
  for (const metric of ["accuracy", "f1", "rocAuc", "rocAuc:loss", "r2", "pearson", "quadraticKappa"])
    assert.ok(!isLowerBetter(metric), metric);
});
