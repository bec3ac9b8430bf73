import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../src/random";
import { mcnemar } from "../../src/sweep/mcnemar";

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual / expected - 1) < 1e-9, `expected ${expected}, got ${actual}`);

test("The exact test gives what scipy.stats.binomtest and statsmodels' mcnemar(exact=True) give.", () => {
  // binomtest(min(won, lost), won + lost, 0.5).pvalue, scipy 1.17; the first three also by statsmodels.
  for (const [won, lost, p] of [
    [10, 2, 0.03857421875],
    [12, 15, 0.7011080384254456],
    [121, 59, 4.4344492637551645e-6],
    [5, 0, 0.0625],
    [3, 9, 0.14599609375],
    [40, 20, 0.01348929373119186],
    [101, 123, 0.16043023911968238],
    [400, 500, 0.0009564441369189373],
    [3000, 3200, 0.011488253770871584],
  ])
    close(mcnemar(won, lost), p);
});

test("Rows that split evenly, or none at all, tell nothing.", () => {
  for (const half of [0, 1, 7, 5000]) assert.equal(mcnemar(half, half), 1);
  assert.equal(mcnemar(1, 0), 1);
});

test("Which of the two won makes no difference, and a more uneven split is never likelier.", () => {
  const random = new Random("splits");
  for (let i = 0; i < 300; i++) {
    const n = 1 + random.integer(2000);
    const won = random.integer(n + 1);
    const p = mcnemar(won, n - won);
    assert.equal(p, mcnemar(n - won, won));
    assert.ok(p >= 0 && p <= 1, `${won} of ${n}: ${p}`);
    if (2 * won < n && won > 0) assert.ok(mcnemar(won - 1, n - won + 1) <= p);
  }
});

test("Splits of thousands of rows neither overflow nor vanish before a number does.", () => {
  assert.ok(mcnemar(50_000, 50_500) > 0.1);
  assert.equal(mcnemar(1, 1200), 0);
  close(mcnemar(0, 1000), 2 ** -999);
});
