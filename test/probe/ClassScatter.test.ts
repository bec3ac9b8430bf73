import assert from "node:assert/strict";
import { test } from "node:test";
import { ClassScatter } from "../../src/probe/ClassScatter";
import { Random } from "../../src/random";
import { assertNear, EXPECTED } from "../fit/expected";

const idsOf = (labels: number[], targets: number) =>
  Int32Array.from({ length: labels.length / targets }, (_, r) =>
    labels.slice(r * targets, (r + 1) * targets).indexOf(1),
  );

for (const { name, width, targets, features, labels, variability } of EXPECTED)
  if (variability !== undefined)
    test(`The variability is numpy's by the pseudo-inverse, in batches of any size, a class without rows left out: ${name}`, () => {
      const ids = idsOf(labels, targets);
      for (const size of [1, 7, ids.length]) {
        const scatter = new ClassScatter(width, targets, ids);
        for (let row = 0; row < ids.length; row += size)
          scatter.add(features.slice(row * width, (row + size) * width), ids.slice(row, row + size));
        assertNear([scatter.variability!], [variability], 1e-7);
      }
    });

/** Two classes around -gap and gap, the first of them with so many rows. */
function between(gap: number, first: number, offset = 0): number {
  const random = new Random("between");
  const ids = Int32Array.from({ length: 400 }, (_, row) => (row < first ? 0 : 1));
  const features = Array.from(ids, (id) => [
    offset + (id ? gap : -gap) + random.normal(),
    random.normal(),
  ]).flat();
  const scatter = new ClassScatter(2, 2, ids);
  scatter.add(features, ids);
  return scatter.variability!;
}

test("Of two classes it is the variance within along the line of their means, over twice the square of half their distance", () => {
  const scatter = new ClassScatter(2, 2, Int32Array.of(0, 0, 1, 1));
  // Variance 1 along the first axis, 9 across; the means are 8 apart.
  scatter.add([-5, -3, -3, 3, 3, -3, 5, 3], Int32Array.of(0, 0, 1, 1));
  assertNear([scatter.variability!], [1 / 16 / 2], 1e-12);
});

test("It falls as classes move apart, and hardly minds how many rows each has or what all rows share", () => {
  const values = [0.5, 1, 2, 4].map((gap) => between(gap, 200));
  for (let i = 1; i < values.length; i++) assert.ok(values[i] < values[i - 1] / 2, values.join(" "));
  assert.ok(Math.abs(between(2, 60) / between(2, 200) - 1) < 0.2);
  assertNear([between(2, 200, 1e6)], [between(2, 200)], 1e-6);
});

test("Classes whose means are the same, and a single class, have none", () => {
  const same = new ClassScatter(2, 2, Int32Array.of(0, 1));
  same.add([3, 4, 3, 4], Int32Array.of(0, 1));
  assert.equal(same.variability, null);
  const single = new ClassScatter(1, 2, Int32Array.of(1, 1));
  single.add([1, 2], Int32Array.of(1, 1));
  assert.equal(single.variability, null);
});
