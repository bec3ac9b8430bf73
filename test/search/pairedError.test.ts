import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pairedError } from "../../src/search/pairedError";
import { bootstrapScores } from "../../src/sweep/bootstrapScores";
import { pairedDifference } from "../../src/sweep/pairedDifference";
import { weightedScore } from "../../src/sweep/weightedScore";
import { fakePredictions } from "../sweep/fakePredictions";
import { rightWrong } from "../sweep/pairedRecords";

describe("pairedError", () => {
  it("is that of the rows' differences, so that rows both get right or wrong count for nothing", () => {
    // One row of ten won, one lost: differences of mean 0 and variance 2 / 9.
    const error = pairedError("accuracy", rightWrong("+++++++-+-"), rightWrong("+++++++--+"));
    assert.ok(Math.abs(error - Math.sqrt(2 / 9 / 10)) < 1e-12);
    assert.equal(pairedError("accuracy", rightWrong("++--"), rightWrong("++--")), 0);
  });

  const [ours, theirs] = [1, 2].map((seed) => fakePredictions({ rows: 120, skill: 1 + seed, seed }));
  for (const metric of ["accuracy", "loss", "logLoss", "f1", "mcc", "rocAuc"])
    it(`agrees with the paired bootstrap that records are judged by: ${metric}`, () => {
      const [a, b] = bootstrapScores(
        [ours, theirs].map((each) => weightedScore(metric, each.outputs, each.labels)!),
      );
      const { standardError } = pairedDifference([a], [b])!;
      const error = pairedError(metric, ours, theirs);
      assert.ok(Math.abs(error / standardError - 1) < 0.05, `${error} for ${standardError}`);
    });

  it("is the bootstrap's for the root of a mean", () => {
    const [x, y] = [0.5, 2].map((skill) => fakePredictions({ problemType: "regression", skill }));
    const [a, b] = bootstrapScores(
      [x, y].map(({ outputs, labels }) => weightedScore("rmse", outputs, labels)!),
    );
    assert.equal(pairedError("rmse", x, y), pairedDifference([a], [b])!.standardError);
  });

  it("of the loss goes by the one that was trained by", () => {
    const [a, b] = [1, 2].map((seed) => fakePredictions({ rows: 120, skill: seed, seed }));
    const focal = { name: "focal", gamma: 2 };
    const [x, y] = bootstrapScores(
      [a, b].map((each) => weightedScore("loss", each.outputs, each.labels, focal)!),
    );
    const { standardError } = pairedDifference([x], [y])!;
    const error = pairedError("loss", a, b, focal);
    assert.ok(Math.abs(error / standardError - 1) < 0.05, `${error} for ${standardError}`);
    assert.notEqual(error, pairedError("loss", a, b));
  });

  it("is infinite for a single row, which tells nothing", () => {
    assert.equal(pairedError("accuracy", rightWrong("+"), rightWrong("-")), Number.POSITIVE_INFINITY);
  });
});
