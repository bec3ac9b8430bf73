import assert from "node:assert/strict";
import type * as tf from "@tensorflow/tfjs-core";

type Numbers = ArrayLike<number> | tf.Tensor;

const values = (x: Numbers): ArrayLike<number> => ("dataSync" in x ? x.dataSync() : x);

/** The largest difference between two arrays of one length. */
export function distance(actual: Numbers, expected: Numbers): number {
  const [a, b] = [values(actual), values(expected)];
  assert.equal(a.length, b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}

/** Asserts that no element differs by more than `tolerance`. */
export function assertClose(actual: Numbers, expected: Numbers, tolerance: number, what = "values"): void {
  const d = distance(actual, expected);
  assert.ok(d <= tolerance, `${what} differ by ${d}, more than ${tolerance}`);
}
