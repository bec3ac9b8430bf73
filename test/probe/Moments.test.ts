import assert from "node:assert/strict";
import { test } from "node:test";
import { Moments } from "../../src/probe/Moments";
import { assertNear, EXPECTED, momentsOf } from "./expected";

const [first] = EXPECTED;
const rows = first.labels.length / first.targets;

/** [width, width], the lower half. */
const lower = ({ products, width }: Moments) =>
  Array.from(products).filter((_, i) => i % width <= Math.floor(i / width));

test("Moments are the sums over rows of what is multiplied, by hand", () => {
  const moments = new Moments(2, 1);
  moments.add([1, 2, 3, 4, 5, 6], [1, 0, -2]);
  assert.equal(moments.rows, 3);
  assert.deepEqual(lower(moments), [1 + 9 + 25, 2 + 12 + 30, 4 + 16 + 36]);
  assert.deepEqual([...moments.withTargets], [1 - 10, 2 - 12]);
  assert.deepEqual([...moments.sums], [9, 12]);
  assert.deepEqual([...moments.targetSums, ...moments.targetSquares], [-1, 5]);
});

test("Moments of rows that come in batches of any size are those of all at once", () => {
  const whole = momentsOf(first);
  for (const size of [1, 3, 4, 7, 60]) {
    const moments = new Moments(first.width, first.targets);
    for (let row = 0; row < rows; row += size)
      moments.add(
        first.features.slice(row * first.width, (row + size) * first.width),
        first.labels.slice(row * first.targets, (row + size) * first.targets),
      );
    assert.equal(moments.rows, rows);
    assertNear(lower(moments), lower(whole), 1e-14);
    assertNear(moments.withTargets, whole.withTargets, 1e-14);
    assertNear(moments.sums, whole.sums, 1e-14);
    assert.deepEqual(moments.targetSums, whole.targetSums);
  }
});

test("Centred moments are those of features and targets less their means", () => {
  const meanOf = (values: number[], width: number, column: number) =>
    values.filter((_, i) => i % width === column).reduce((a, b) => a + b) / (values.length / width);
  const less = (values: number[], width: number) => {
    const means = Array.from({ length: width }, (_, column) => meanOf(values, width, column));
    return values.map((value, i) => value - means[i % width]);
  };
  const byHand = new Moments(first.width, first.targets);
  byHand.add(less(first.features, first.width), less(first.labels, first.targets));
  const centred = momentsOf(first).centred();
  assert.equal(centred.rows, rows);
  assertNear(lower(centred), lower(byHand), 1e-13);
  assertNear(centred.withTargets, byHand.withTargets, 1e-13);
  assertNear(centred.targetSquares, byHand.targetSquares, 1e-13);
});
