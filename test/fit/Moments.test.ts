import assert from "node:assert/strict";
import { test } from "node:test";
import { Moments, type Sums } from "../../src/fit/Moments";
import { assertNear, EXPECTED, momentsOf } from "./expected";

const [first] = EXPECTED;
const rows = first.labels.length / first.targets;

/** [width, width], the lower half. */
const lower = ({ products, width }: Sums) =>
  Array.from(products).filter((_, i) => i % width <= Math.floor(i / width));

test("Sums over rows are those of what is multiplied, by hand", () => {
  const moments = new Moments(2, 1);
  moments.add([1, 2, 3, 4, 5, 6], [1, 0, -2]);
  const raw = moments.raw();
  assert.equal(raw.rows, 3);
  assert.deepEqual(lower(raw), [1 + 9 + 25, 2 + 12 + 30, 4 + 16 + 36]);
  assert.deepEqual([...raw.withTargets], [1 - 10, 2 - 12]);
  assert.deepEqual([...moments.means], [3, 4]);
  assert.deepEqual([...moments.targetSums, ...raw.targetSquares], [-1, 5]);
});

test("Sums over rows that come in batches of any size are those of all at once", () => {
  const whole = momentsOf(first);
  for (const size of [1, 3, 4, 7, 60]) {
    const moments = new Moments(first.width, first.targets);
    for (let row = 0; row < rows; row += size)
      moments.add(
        first.features.slice(row * first.width, (row + size) * first.width),
        first.labels.slice(row * first.targets, (row + size) * first.targets),
      );
    assert.equal(moments.rows, rows);
    assertNear(lower(moments.raw()), lower(whole.raw()), 1e-13);
    assertNear(moments.raw().withTargets, whole.raw().withTargets, 1e-13);
    assertNear(moments.means, whole.means, 1e-13);
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
  const [centred, wanted] = [momentsOf(first).centred(), byHand.raw()];
  assert.equal(centred.rows, rows);
  assertNear(lower(centred), lower(wanted), 1e-13);
  assertNear(centred.withTargets, wanted.withTargets, 1e-13);
  assertNear(centred.targetSquares, wanted.targetSquares, 1e-13);
});

test("Features that are the same in all rows come to exactly nothing when centred, however large they are", () => {
  const moments = new Moments(2, 1);
  for (let row = 0; row < 300; row++) moments.add([0.1, 1e6 / 3], [row]);
  assert.deepEqual(lower(moments.centred()), [0, 0, 0]);
  assert.deepEqual([...moments.centred().withTargets], [0, 0]);
});
