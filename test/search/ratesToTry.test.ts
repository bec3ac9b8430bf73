import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ratesToTry } from "../../src/search/ratesToTry";
import { autoRates } from "../../src/sweep/autoRates";

const six = { depths: [0, 1, 2, 3, 4, 5, 6] };

describe("ratesToTry", () => {
  it("begins with the likeliest rate of a depth, then takes the higher ones, then the lower ones", () => {
    assert.deepEqual(ratesToTry(six, 6, "auto"), [1e-2, 3e-2, 3e-3]);
    assert.deepEqual(ratesToTry(six, 5, "auto"), [1e-3, 3e-3, 5e-4]);
    assert.deepEqual(ratesToTry(six, 4, "auto"), [1e-3, 3e-3, 5e-4]);
    assert.deepEqual(ratesToTry(six, 3, "auto"), [1e-3, 5e-4, 2e-4]);
    assert.deepEqual(ratesToTry(six, -1, "auto"), [2e-4, 5e-4, 5e-5]);
  });

  it("has all the rates that a sweep would try", () => {
    for (const n of [-1, ...six.depths])
      assert.deepEqual(
        ratesToTry(six, n, "auto").sort((a, b) => a - b),
        [...autoRates(six, n)],
      );
  });

  it("with a head that starts from a probe begins in the middle at every depth", () => {
    for (const n of [-1, ...six.depths])
      assert.deepEqual(ratesToTry(six, n, "auto", "probe"), [2e-4, 5e-4, 5e-5]);
    assert.deepEqual(ratesToTry(six, 6, [1e-3, 3e-2, 2e-4], "probe"), [2e-4, 1e-3, 3e-2]);
  });

  it("of a list begins with the rate that is nearest to the likeliest one, as factors go", () => {
    const rates = [1e-3, 5e-5, 2e-4];
    assert.deepEqual(ratesToTry(six, 6, rates), [1e-3, 2e-4, 5e-5]);
    assert.deepEqual(ratesToTry(six, 0, rates), [2e-4, 1e-3, 5e-5]);
    assert.deepEqual(ratesToTry(six, 3, [7e-4]), [7e-4]);
  });
});
