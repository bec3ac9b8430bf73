import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pearson, spearman } from "../../../src/training/scorers/correlation";

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `expected ${expected}, got ${actual}`);

describe("Pearson's correlation", () => {
  it("is 1 along a rising line, -1 along a falling one, however far from 0", () => {
    close(pearson([1, 2, 3], [10, 20, 30]), 1);
    close(pearson([1e8 + 1, 1e8 + 2, 1e8 + 3], [3, 2, 1]), -1);
  });

  it("counts rows as often as their weights say", () => {
    const repeated = pearson([1, 1, 5, 2], [0, 0, 1, 4]);
    close(pearson([1, 5, 9, 2], [0, 1, -7, 4], [2, 1, 0, 1]), repeated);
  });

  it("is not defined where what is true does not vary, and 0 where predictions do not", () => {
    assert.ok(Number.isNaN(pearson([1, 2], [0.1, 0.1])));
    assert.equal(pearson([0.1, 0.1, 0.1], [1, 2, 4]), 0);
    // Rows that count for nothing vary in vain.
    assert.ok(Number.isNaN(pearson([1, 2, 3], [7, 0.1, 0.1], [0, 2, 3])));
    assert.equal(pearson([7, 0.3, 0.3], [1, 2, 3], [0, 1, 1]), 0);
  });
});

describe("Spearman's correlation", () => {
  it("sees the order alone", () => close(spearman([1, 10, 100, 1000], [0.1, 0.2, 0.3, 0.4])(), 1));

  it("gives ties the mean of their ranks", () => {
    close(spearman([1, 2, 2, 3], [1, 2, 3, 4])(), pearson([1, 2.5, 2.5, 4], [1, 2, 3, 4]));
  });

  it("ranks rows that count several times as so many ties, again and again", () => {
    const score = spearman([3, 1, 2, 5], [1, 4, 2, 2]);
    const weights = [2, 1, 0, 3];
    const repeated = spearman([3, 3, 1, 5, 5, 5], [1, 1, 4, 2, 2, 2])();
    close(score(weights), repeated);
    close(score([1, 1, 1, 1]), score());
    close(score(weights), repeated);
  });
});
