import assert from "node:assert/strict";
import { test } from "node:test";
import { LossCurve } from "../../src/training/LossCurve";

const constant = { schedule: "constant", warmup: 0 } as const;

/** The values of a curve that was given the loss of each step. */
function valuesOf(
  settings: ConstructorParameters<typeof LossCurve>[0],
  losses: number[],
  steps = losses.length,
) {
  const curve = new LossCurve(settings, steps);
  losses.forEach((loss, i) => {
    curve.take(i + 1, loss);
  });
  return curve.values?.map((value) => Math.round(value * 1e9) / 1e9);
}

test("It is the first step's loss and the means of 24 parts.", () => {
  const losses = Array.from({ length: 48 }, (_, i) => i);
  assert.deepEqual(valuesOf(constant, losses), [0, ...Array.from({ length: 24 }, (_, i) => 2 * i + 0.5)]);
});

test("A step that reaches into several parts counts for each by as much as lies in it.", () => {
  // Of 36 steps each part holds one and a half.
  const values = valuesOf(
    constant,
    Array.from({ length: 36 }, (_, i) => i),
  )!;
  assert.equal(values.length, 25);
  // Step 0 and half of step 1, then the other half and step 2.
  assert.deepEqual(
    values.slice(1, 3),
    [0.5 / 1.5, 2.5 / 1.5].map((value) => Math.round(value * 1e9) / 1e9),
  );
  // Of 16 steps each lies in one part and a half.
  const few = valuesOf(
    constant,
    Array.from({ length: 16 }, (_, i) => i),
  )!;
  assert.deepEqual(few.slice(1, 5), [0, 0.5, 1, 2]);
});

test("Parts are alike in learning rate spent: a falling one makes the last parts long.", () => {
  // The last part of a rate that falls to 0 along a line is the last fifth of the steps: √(1 / 24) of them.
  const losses = Array.from({ length: 2400 }, (_, i) => (i < 2400 * (1 - Math.sqrt(1 / 24)) ? 1 : 0));
  const values = valuesOf({ schedule: "linear", warmup: 0 }, losses)!;
  assert.ok(values.slice(0, -2).every((value) => value === 1));
  assert.ok(values.at(-2)! > 0.98 && values.at(-1)! < 0.02, `${values.slice(-2)}`);
});

test("A first step at rate 0, as with a warm-up, is told and counts for no part.", () => {
  const values = valuesOf({ schedule: "linear", warmup: 0.1 }, [9, ...new Array<number>(39).fill(1)])!;
  assert.deepEqual(values, [9, ...new Array<number>(24).fill(1)]);
});

test("Of a training that ends before its time there are the parts that it reached.", () => {
  const half = valuesOf(constant, new Array<number>(24).fill(2), 48)!;
  assert.deepEqual(half, new Array<number>(13).fill(2));
});

test("Of fewer than 16 steps, or none yet, there is no curve.", () => {
  assert.equal(valuesOf(constant, new Array<number>(15).fill(1)), undefined);
  assert.equal(valuesOf(constant, [], 100), undefined);
});

test("Steps without rows, which nobody tells of, leave their parts out.", () => {
  const curve = new LossCurve(constant, 24);
  for (let step = 1; step <= 24; step++) if (step !== 2) curve.take(step, step);
  assert.deepEqual(curve.values, [1, 1, ...Array.from({ length: 22 }, (_, i) => i + 3)]);
});

test("It goes on from its state to the same numbers.", () => {
  const losses = Array.from({ length: 50 }, (_, i) => 1 / (i + 1));
  const settings = { schedule: "cosine", warmup: 0.2 } as const;
  const whole = new LossCurve(settings, 50);
  for (const [i, loss] of losses.entries()) whole.take(i + 1, loss);
  const begun = new LossCurve(settings, 50);
  for (const [i, loss] of losses.slice(0, 20).entries()) begun.take(i + 1, loss);
  const state = begun.state;
  begun.take(21, 100);
  const resumed = new LossCurve(settings, 50);
  resumed.restore(state);
  for (const [i, loss] of losses.entries()) if (i >= 20) resumed.take(i + 1, loss);
  assert.deepEqual(resumed.values, whole.values);
});
