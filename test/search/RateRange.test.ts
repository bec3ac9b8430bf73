import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../src/random";
import { RateRange } from "../../src/search/RateRange";
import { assertClose } from "../close";

/** Takes losses by their step until the range has ended. */
function taken(lossOf: (step: number) => number, steps = 100): RateRange {
  const range = new RateRange({ min: 1e-6, max: 1, steps });
  for (let step = 0; range.ended === null; step++) range.take(lossOf(step));
  return range;
}

test("Rates rise by the same factor from step to step, from the least to the most", () => {
  const range = new RateRange({ min: 1e-6, max: 1, steps: 7 });
  assertClose(
    Array.from({ length: 7 }, (_, step) => Math.log10(range.at(step))),
    [-6, -5, -4, -3, -2, -1, 0],
    1e-12,
    "exponents",
  );
  assert.deepEqual([range.at(0), range.at(6), range.at(9)], [1e-6, 1, 1]);
});

test("The smoothed loss is a mean that forgets, without the zero that it starts from", () => {
  const losses = [3, 1, 2, 0];
  const range = new RateRange({ min: 1e-6, max: 1, steps: 10 });
  for (const loss of losses) range.take(loss);
  // Over a fifth of the 10 steps: each loss counts half of the next.
  const expected = losses.map((_, i) => {
    const weights = losses.slice(0, i + 1).map((_, j) => 0.5 ** (i - j));
    return weights.reduce((sum, w, j) => sum + w * losses[j], 0) / weights.reduce((sum, w) => sum + w, 0);
  });
  assertClose(
    range.tried.map(({ smoothed }) => smoothed),
    expected,
    1e-12,
    "smoothed",
  );
  assert.deepEqual(
    range.tried.map(({ loss, learningRate }) => [loss, learningRate]),
    losses.map((loss, step) => [loss, range.at(step)]),
  );
});

test("It ends where the smoothed loss is four times its least and above its first, or with the last rate", () => {
  const fallsAndDiverges = taken((step) => (step < 60 ? 2 - step / 40 : 2 ** (step - 60)));
  assert.equal(fallsAndDiverges.ended, "diverged");
  assert.ok(fallsAndDiverges.tried.length < 70);
  const last = fallsAndDiverges.tried.at(-1)!.smoothed;
  assert.ok(last > fallsAndDiverges.tried[0].smoothed);
  // What has been learnt to nearly nothing may be ten times that again.
  const learnsAll = taken((step) => (step < 80 ? 2 * 0.8 ** step : 0.5));
  assert.deepEqual([learnsAll.ended, learnsAll.tried.length], ["finished", 100]);
});

test("A loss of the user's own may be below 0, and diverges by as much", () => {
  assert.equal(taken((step) => -1 - step / 100).ended, "finished");
  assert.equal(taken((step) => (step < 50 ? -1 : 3)).ended, "diverged");
});

test("A third of the rate of the least smoothed loss is suggested, in two digits", () => {
  const range = taken((step) => 1 + Math.abs(step - 70) / 70);
  const least = range.tried.reduce((a, b) => (b.smoothed < a.smoothed ? b : a));
  assert.ok(least.learningRate > range.at(70), "a mean of what was lags behind");
  assert.equal(range.suggested, Number((least.learningRate / 3).toPrecision(2)));
});

test("Nothing is suggested where the loss did not fall further than batches differ, or was seen once", () => {
  assert.equal(taken(() => 1).suggested, null);
  const random = new Random(3, "noise");
  const noise = Array.from({ length: 100 }, () => 0.6 * random.uniform() - 0.3);
  assert.equal(taken((step) => 1 + noise[step]).suggested, null);
  assert.equal(taken((step) => 1 + step / 10).suggested, null);
  const range = new RateRange({ min: 1e-6, max: 1, steps: 100 });
  assert.equal(range.suggested, null);
  range.take(1);
  assert.equal(range.suggested, null);
  // The same noise around a loss that falls.
  assert.ok(taken((step) => 2 - step / 60 + noise[step]).suggested! > 0.1);
});

test("A first batch of little loss is not taken for what its rate has learnt", () => {
  const range = taken((step) => (step === 0 ? 0.1 : 2 - step / 60));
  assert.equal(range.ended, "finished");
  const [first] = range.tried;
  assert.ok(range.tried.every(({ smoothed }) => smoothed >= first.smoothed));
  assert.ok(range.suggested! > 0.1, `${range.suggested}`);
});
