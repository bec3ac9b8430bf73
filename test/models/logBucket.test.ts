import assert from "node:assert/strict";
import { test } from "node:test";
import { logBucket } from "../../src/models/logBucket";

/** Runs of equal buckets: each bucket from `from` on with how many distances share it. */
const runs = (distances: number[], buckets: number, positions: number) => {
  const counts = new Map<number, number>();
  for (const distance of distances) {
    const bucket = logBucket(distance, buckets, positions);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return [...counts];
};
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

test("Distances up to half of the buckets have a bucket each", () => {
  for (let distance = -128; distance <= 128; distance++)
    assert.equal(logBucket(distance, 256, 512), distance);
});

test("Further ones share buckets that grow, as in Transformers' make_log_bucket_position", () => {
  assert.deepEqual(runs(upTo(64), 8, 64), [
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 6],
    [6, 15],
    [7, 38],
  ]);
  const sampled = [129, 130, 131, 150, 200, 256, 300, 400, 500, 510, 511, 512, 1000, 1535];
  assert.deepEqual(
    sampled.map((distance) => logBucket(distance, 256, 512)),
    [129, 130, 131, 143, 169, 192, 207, 233, 254, 255, 255, 256, 317, 356],
  );
});

test("A negative distance has the negative of its positive's bucket", () => {
  for (const distance of upTo(600).slice(1))
    assert.equal(logBucket(-distance, 32, 512), -logBucket(distance, 32, 512));
});
