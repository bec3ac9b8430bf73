import assert from "node:assert/strict";
import { test } from "node:test";
import { latestSweep } from "../../src/sweep/latestSweep";
import type { TrialRecord } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { atRate } from "./atRate";
import { fakeRecord } from "./fakeRecord";

const sweep = (given: Partial<TrialRecord> = {}) => [0, 1, 2].map((n) => fakeRecord({ n, ...given }));

test("The records of one sweep are all of them, in their order", () => {
  const records = sweep({ settings: { epochs: 2, parameterGroups: [{ match: "a", learningRate: 1e-3 }] } });
  assert.deepEqual(latestSweep(records), records);
});

for (const other of [
  { modelHash: "other" },
  { dataHash: "other" },
  { engine: "tensorflow" },
  { precision: "bf16" },
  { settings: { epochs: 3 } },
])
  test(`Records with another ${Object.keys(other)[0]} are of another sweep than the last one`, () => {
    const mine = sweep({ settings: { epochs: 2 } });
    assert.deepEqual(latestSweep([...sweep({ settings: { epochs: 2 }, ...other }), ...mine]), mine);
  });

test("Records of the latest sweep that stand before those of another one are found too", () => {
  const [a, b, c] = sweep();
  assert.deepEqual(latestSweep([a, ...sweep({ dataHash: "other" }), b, c]), [a, b, c]);
});

test("Seeds, engine reasons, memory and versions may differ within a sweep", () => {
  const records = [0, 1].map((seed) =>
    fakeRecord({ seed, engineReason: `${seed}`, peakRssBytes: seed, versions: { node: `${seed}` } }),
  );
  assert.deepEqual(latestSweep(records), records);
});

test("Of a trial that was run twice the later record counts, at the earlier one's place", () => {
  const again = fakeRecord({ n: 1, accuracy: 0.9 });
  const [a, , c] = sweep();
  assert.deepEqual(latestSweep([...sweep(), again]), [a, again, c]);
});

test("Rates may differ within a sweep, and a trial is told from one at another rate", () => {
  const records = [1e-3, 5e-5].flatMap((rate) => [0, 1].map((n) => atRate(rate, { n })));
  // A sweep of one rate calls its trials by depth and seed alone.
  const single = [2e-4, 5e-4].map((learningRate) => fakeRecord({ settings: { epochs: 2, learningRate } }));
  assert.deepEqual(latestSweep([...records, ...single]), [...records, ...single]);
  const again = { ...single[0], accuracy: 0.9 };
  assert.deepEqual(latestSweep([...single, again]), [again, single[1]]);
  assert.deepEqual(latestSweep([atRate(1e-3, { settings: { epochs: 3 } }), ...records]), records);
});

test("What is left can be summarized, where the whole file cannot", () => {
  const all = [...sweep({ modelHash: "other" }), ...sweep(), ...sweep()];
  assert.throws(() => summarize(all), /modelHash/);
  assert.deepEqual(
    summarize(latestSweep(all)).map(({ n, seeds }) => [n, seeds]),
    [
      [0, 1],
      [1, 1],
      [2, 1],
    ],
  );
});

test("No records make no sweep, and the records handed in stay as they were", () => {
  assert.deepEqual(latestSweep([]), []);
  const records = Object.freeze([...sweep({ engine: "cpu" }), ...sweep()]);
  assert.equal(latestSweep(records as TrialRecord[]).length, 3);
});
