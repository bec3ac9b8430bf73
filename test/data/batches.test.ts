import assert from "node:assert/strict";
import { test } from "node:test";
import { batchRows } from "../../src/data/batches";
import { Random } from "../../src/random";

const random = new Random("lengths");
const lengths = Int32Array.from({ length: 1000 }, () => 3 + random.integer(60));
const shuffled = (seed: number, epoch: number, batchSize = 4) =>
  batchRows(lengths, { batchSize, shuffle: { seed, epoch } });
const flat = (batches: Int32Array[]) => batches.flatMap((rows) => [...rows]);
const padding = (batches: Int32Array[]) => {
  const cells = (rows: Int32Array) => rows.length * Math.max(...rows.map((row) => lengths[row]));
  return 1 - lengths.reduce((a, b) => a + b) / batches.reduce((sum, rows) => sum + cells(rows), 0);
};

test("Without shuffling the longest rows come first, rows of one length in their order", () => {
  assert.deepEqual(batchRows([3, 9, 5, 9, 4], { batchSize: 2 }), [
    Int32Array.of(1, 3),
    Int32Array.of(2, 4),
    Int32Array.of(0),
  ]);
});

test("Every row is in exactly one batch, and one batch at most is not full", () => {
  for (const batches of [
    shuffled(0, 0),
    shuffled(0, 0, 32),
    shuffled(1, 3, 7),
    batchRows(lengths, { batchSize: 7 }),
  ]) {
    assert.deepEqual(
      flat(batches).sort((a, b) => a - b),
      [...lengths.keys()],
    );
    const size = Math.max(...batches.map((rows) => rows.length));
    assert.ok(batches.filter((rows) => rows.length < size).length <= 1);
  }
});

test("Seed and epoch decide the order", () => {
  assert.deepEqual(shuffled(1, 2), shuffled(1, 2));
  assert.notDeepEqual(shuffled(1, 2), shuffled(1, 3));
  assert.notDeepEqual(shuffled(1, 2), shuffled(2, 2));
});

test("Other epochs bring other rows together, not the same batches in another order", () => {
  const sets = (batches: Int32Array[]) =>
    new Set(batches.map((rows) => [...rows].sort((a, b) => a - b).join()));
  const first = sets(shuffled(0, 0));
  const same = [...sets(shuffled(0, 1))].filter((rows) => first.has(rows));
  assert.ok(same.length < 5, `${same.length} of 250 batches are the same`);
});

test("Shuffled batches come neither shortest nor longest first", () => {
  const starts = shuffled(0, 0).map((rows) => lengths[rows[0]]);
  const falls = starts.filter((length, i) => i > 0 && length < starts[i - 1]).length;
  assert.ok(falls > 80 && falls < 170, `${falls} of 249 steps fall`);
});

test("Rows of similar length share a batch, so that little is padding", () => {
  const blind = Array.from({ length: 250 }, (_, i) => Int32Array.of(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3));
  assert.ok(padding(blind) > 0.3);
  assert.ok(padding(shuffled(0, 0)) < 0.03);
  assert.ok(padding(batchRows(lengths, { batchSize: 4 })) < 0.01);
});

test("No rows make no batches", () => {
  assert.deepEqual(batchRows([], { batchSize: 8 }), []);
  assert.deepEqual(batchRows([], { batchSize: 8, shuffle: { seed: 0, epoch: 0 } }), []);
});

test("A batch size below one, or a broken seed, is an error", () => {
  assert.throws(
    () => batchRows([1], { batchSize: 0 }),
    /batchSize: expected an integer of at least 1, got 0/,
  );
  assert.throws(() => batchRows([1], { batchSize: 2.5 }), /batchSize: expected an integer/);
  assert.throws(
    () => batchRows([1], { batchSize: 2, shuffle: { seed: Number.NaN, epoch: 0 } }),
    /shuffle\.seed: .*got NaN/,
  );
  assert.throws(
    () => batchRows([1], { batchSize: 2, shuffle: { seed: 0, epoch: -1 } }),
    /shuffle\.epoch: .*got -1/,
  );
});
