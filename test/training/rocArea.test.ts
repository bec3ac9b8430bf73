import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../src/random";
import { rocArea } from "../../src/training/rocArea";

test("The area is the share of pairs in which the row of the class has the higher score, ties counting half, each row as often as it weighs.", () => {
  const random = new Random("pairs");
  for (let round = 0; round < 100; round++) {
    const rows = 2 + random.integer(30);
    const score = Float32Array.from({ length: rows }, () => random.integer(8) / 8);
    const truth = Float32Array.from({ length: rows }, (_, row) => (row < 2 ? row : random.integer(2)));
    const weights = Uint32Array.from({ length: rows }, () => 1 + random.integer(3));
    let [won, pairs] = [0, 0];
    for (let a = 0; a < rows; a++)
      for (let b = 0; b < rows; b++)
        if (truth[a] === 1 && truth[b] === 0) {
          const weight = weights[a] * weights[b];
          pairs += weight;
          won += weight * (score[a] > score[b] ? 1 : score[a] === score[b] ? 0.5 : 0);
        }
    assert.ok(Math.abs(rocArea(score, truth)(weights) - won / pairs) < 1e-12);
    const ones = new Uint32Array(rows).fill(1);
    assert.equal(rocArea(score, truth)(), rocArea(score, truth)(ones));
  }
});

test("Rows of one class have no area, nor have those of which one class weighs nothing.", () => {
  assert.ok(Number.isNaN(rocArea(Float32Array.of(0.1, 0.9), Float32Array.of(1, 1))()));
  const area = rocArea(Float32Array.of(0.1, 0.9), Float32Array.of(0, 1));
  assert.equal(area(), 1);
  assert.ok(Number.isNaN(area(Uint32Array.of(0, 3))));
});
