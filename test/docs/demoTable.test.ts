import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";
import { demoTable } from "./demoTable";

/** 2 s of training and 1 s of evaluation, and as much of the forward through the frozen part as there are frozen blocks. */
const trial = (n: number, learningRate: number, accuracy: number) =>
  fakeRecord({
    trial: `freeze n=${n} lr=${learningRate} seed=0`,
    ...{ n, learningRate, accuracy },
    settings: { learningRate },
    frozenSeconds: Math.max(0, n),
    epochs: [fakeEpoch({ trainSeconds: 2, evalSeconds: 1, metrics: { accuracy } })],
  });

test("The demo's table has the seconds of search, one fine-tuning and sweep, trials of both in both, and what each takes.", () => {
  const [high, shared, four, none] = [
    trial(5, 3e-3, 0.9),
    trial(5, 7e-4, 0.8),
    trial(4, 7e-4, 0.95),
    trial(-1, 7e-4, 0.95),
  ];
  const found = { n: 5, learningRate: 3e-3, records: [high, shared] };
  assert.equal(
    demoTable([none, four, shared, high], found, 7e-4),
    [
      "|  | the search | one fine-tuning, nothing frozen | the sweep |",
      "| --- | --- | --- | --- |",
      "| seconds (trainings) | 20.0 (2) | 3.0 (1) | 23.0 (3) |",
      "| takes | N = 5 at rate 3e-3 |  | N = 4 at rate 7e-4 |",
      "",
    ].join("\n"),
  );
});
