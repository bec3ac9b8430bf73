import assert from "node:assert/strict";
import { test } from "node:test";
import { symmetricEigen } from "../../src/fit/symmetricEigen";
import { Random } from "../../src/random";
import { assertNear, EXPECTED, momentsOf } from "./expected";

const sorted = (values: Float64Array) => values.slice().sort();

function identity(n: number): Float64Array {
  const eye = new Float64Array(n * n);
  for (let i = 0; i < n; i++) eye[i * n + i] = 1;
  return eye;
}

/** A random symmetric matrix; `rank` columns make it one of that rank, without negative eigenvalues. */
function symmetric(n: number, rank = n): Float64Array {
  const random = new Random("symmetric", n, rank);
  const columns = Array.from({ length: n * rank }, () => random.uniform() - 0.5);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < rank; k++) a[i * n + j] += columns[i * rank + k] * columns[j * rank + k];
  return a;
}

for (const expected of EXPECTED)
  test(`Eigenvalues of the products of features are numpy's: ${expected.name}`, () => {
    const { products, withTargets, width } = momentsOf(expected).raw();
    assertNear(sorted(symmetricEigen(products, withTargets, width).values), expected.eigenvalues, 1e-13);
  });

for (const [n, rank] of [
  [1, 1],
  [2, 2],
  [3, 1],
  [40, 40],
  [60, 7],
  [150, 150],
])
  test(`The eigenvectors by which the identity is rotated make the matrix again: ${n} of rank ${rank}`, () => {
    const a = symmetric(n, rank);
    const { values, rotated } = symmetricEigen(a, identity(n), n);
    const made = new Float64Array(n * n);
    const overlaps = new Float64Array(n * n);
    for (let e = 0; e < n; e++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          made[i * n + j] += values[e] * rotated[e * n + i] * rotated[e * n + j];
          overlaps[i * n + j] += rotated[e * n + i] * rotated[e * n + j];
        }
    assertNear(made, a, 1e-12);
    assertNear(overlaps, identity(n), 1e-12);
    const largest = Math.max(...values);
    assert.equal(values.filter((value) => value > 1e-12 * largest).length, rank);
  });

test("Negative eigenvalues, and several that are the same, are found", () => {
  const flipped = Float64Array.from([0, 1, 0, 1, 0, 0, 0, 0, 1]);
  assertNear(sorted(symmetricEigen(flipped, identity(3), 3).values), [-1, 1, 1], 1e-14);
  assert.deepEqual(symmetricEigen(identity(5), identity(5), 5).values, new Float64Array(5).fill(1));
});

test("A matrix of zeros has eigenvalues of zero, and leaves what it is to rotate as long as it was", () => {
  const { values, rotated } = symmetricEigen(new Float64Array(16), Float64Array.from([3, 4, 0, 0]), 4);
  assert.deepEqual(values, new Float64Array(4));
  assert.equal(Math.hypot(...rotated), 5);
});

test("The lower half alone is read, and nothing is written to", () => {
  const a = symmetric(12);
  const half = a.slice();
  for (let i = 0; i < 12; i++) half.fill(Number.NaN, i * 12 + i + 1, (i + 1) * 12);
  const right = symmetric(12).subarray(0, 36);
  const before = [half.slice(), right.slice()];
  assert.deepEqual(symmetricEigen(half, right, 12), symmetricEigen(a, right, 12));
  assert.deepEqual([half, right], before);
});
