import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { predictedScore } from "../../src/sweep/predictedScore";
import { explainN } from "../../src/sweep/recommendN";
import { summarize } from "../../src/sweep/summarize";
import { metrics } from "../../src/training/metrics";
import { fakePredictions } from "./fakePredictions";
import { pairedRecord } from "./pairedRecords";

const folder = mkdtempSync(join(tmpdir(), "frostkit-predicted-"));
after(() => rmSync(folder, { recursive: true }));

const problemType = "regression" as const;
const predictions = (skill: number) => fakePredictions({ problemType, rows: 80, skill });

test("A metric that no training computed comes from the predictions beside the record.", () => {
  const given = predictions(2);
  const record = pairedRecord(folder, given, { n: 0 });
  assert.deepEqual(Object.keys(record.epochs[0].metrics), ["rmse"]);
  const { spearman } = metrics(given.outputs, given.labels, { metrics: ["spearman"] });
  assert.equal(predictedScore(record, "spearman"), spearman);
  assert.equal(summarize([record], { metric: "spearman" })[0].score.mean, spearman);
  // Asked again, the file is not read again.
  rmSync(join(folder, record.predictions!));
  assert.equal(predictedScore(record, "spearman"), spearman);
});

test("Where there are none, or none of that metric, there is no score.", () => {
  const record = pairedRecord(folder, predictions(1), { n: 1 });
  assert.equal(predictedScore(record, "accuracy"), undefined);
  assert.equal(predictedScore({ ...record, predictions: undefined }, "mae"), undefined);
  const gone = pairedRecord(folder, predictions(3), { n: 2 });
  rmSync(join(folder, gone.predictions!));
  assert.equal(predictedScore(gone, "mae"), undefined);
  assert.throws(() => summarize([gone], { metric: "mae" }), {
    name: "InputError",
    message: /has no mae to judge by; name one it has: loss, rmse$/,
  });
});

test("Depths are recommended by it, row by row, and by the right direction.", () => {
  const [best, near, worst] = [1, 0.95, -1].map((skill, n) =>
    pairedRecord(folder, predictions(skill), { n }),
  );
  for (const metric of ["mae", "spearman", "r2"]) {
    const { n, best: found, paired } = explainN([best, near, worst], { metric });
    assert.ok(paired, metric);
    assert.notEqual(n, 2, metric);
    assert.notEqual(found, 2, metric);
  }
});
