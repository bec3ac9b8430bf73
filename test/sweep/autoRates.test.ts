import assert from "node:assert/strict";
import { test } from "node:test";
import { autoRates, autoRatesOf } from "../../src/sweep/autoRates";

const blocks = (count: number) => ({ depths: Array.from({ length: count + 1 }, (_, n) => n) });

test("The rates rise with the depth, as many for each, up to those of a head alone.", () => {
  const all = [-1, 0, 1, 2, 3, 4, 5, 6].map((n) => autoRates(blocks(6), n));
  assert.deepEqual(all, [
    ...[-1, 0, 1, 2].map(() => [5e-5, 2e-4, 5e-4]),
    [2e-4, 5e-4, 1e-3],
    ...[4, 5].map(() => [5e-4, 1e-3, 3e-3]),
    [3e-3, 1e-2, 3e-2],
  ]);
});

test("What counts is the share of the blocks that is frozen, whatever their number.", () => {
  for (const count of [2, 4, 12, 24]) {
    const model = blocks(count);
    const means = [-1, ...model.depths].map((n) => {
      const rates = autoRates(model, n);
      assert.equal(new Set(rates).size, 3);
      return rates[1];
    });
    assert.deepEqual(
      means,
      means.toSorted((a, b) => a - b),
      `${count} blocks`,
    );
    assert.equal(means[0], 2e-4);
    assert.equal(means.at(-1), 1e-2);
  }
});

test("Where blocks share their weights the first freeze of them leaves the head alone.", () => {
  assert.deepEqual(autoRates({ depths: [0, 1] }, 1), [3e-3, 1e-2, 3e-2]);
  assert.deepEqual(autoRates({ depths: [0, 1] }, 6), [3e-3, 1e-2, 3e-2]);
  assert.deepEqual(autoRates({ depths: [0, 1] }, 0), [5e-5, 2e-4, 5e-4]);
});

test("With a head that starts from a probe all depths have the rates of a usual fine-tuning.", () => {
  for (const count of [2, 6, 12])
    for (const n of [-1, ...blocks(count).depths])
      assert.deepEqual(autoRates(blocks(count), n, "probe"), [5e-5, 2e-4, 5e-4]);
});

test("Recipes that train everything have its rates, those that train little higher ones.", () => {
  for (const recipe of ["layerwiseDecay", "gradual"] as const)
    assert.deepEqual(autoRatesOf({ recipe }), [5e-5, 2e-4, 5e-4]);
  for (const recipe of ["bitFit", "norms", "lora"] as const)
    assert.deepEqual(autoRatesOf({ recipe }), [1e-3, 3e-3, 1e-2]);
});
