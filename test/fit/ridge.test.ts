import assert from "node:assert/strict";
import { test } from "node:test";
import { fittedValues } from "../../src/fit/fittedValues";
import { Moments } from "../../src/fit/Moments";
import { ridge } from "../../src/fit/ridge";
import { Random } from "../../src/random";
import { assertNear, EXPECTED, momentsOf } from "./expected";

for (const expected of EXPECTED)
  test(`The strength is the one that numpy chooses by the whole hat matrix, and so is what it fits: ${expected.name}`, () => {
    const fit = ridge(momentsOf(expected));
    assertNear([fit.strength], [expected.strength], 1e-11);
    assertNear([fit.freedom], [expected.freedom], 1e-9);
    // Fitted values come in float32.
    assertNear(fittedValues(fit, expected.fresh), expected.fitted, 1e-6);
  });

function linear(noise: number): Moments {
  const random = new Random("linear", noise);
  const moments = new Moments(3, 2);
  for (let row = 0; row < 50; row++) {
    const x = Array.from({ length: 3 }, () => random.normal());
    moments.add(x, [10 + x[0] - 2 * x[1] + noise * random.normal(), x[2] + noise * random.normal()]);
  }
  return moments;
}

test("Where targets are linear in the features, weights and bias are found", () => {
  const { weights, bias } = ridge(linear(0));
  assertNear(weights, [1, 0, -2, 0, 0, 1], 1e-5);
  assertNear(bias, [10, 0], 1e-5);
});

test("The noisier the targets, the stronger the ridge", () => {
  const strengths = [0, 1, 30].map((noise) => ridge(linear(noise)).strength);
  assert.ok(strengths[0] < strengths[1] && strengths[1] < strengths[2], strengths.join(" "));
});

test("A constant added to features or targets moves the bias alone", () => {
  const random = new Random("moved");
  const [plain, moved] = [new Moments(2, 1), new Moments(2, 1)];
  for (let row = 0; row < 30; row++) {
    const [x, y] = [[random.normal(), random.normal()], random.normal()];
    plain.add(x, [y]);
    moved.add(
      x.map((value) => value + 50),
      [y + 7],
    );
  }
  const [a, b] = [ridge(plain), ridge(moved)];
  assertNear(b.weights, a.weights, 1e-9);
  assertNear(fittedValues(b, [50, 50]), [fittedValues(a, [0, 0])[0] + 7], 1e-6);
});

test("Features that never change, and fewer rows than features, give the targets' mean and finite numbers", () => {
  const constant = new Moments(2, 1);
  for (let row = 0; row < 100; row++) constant.add([0.1, 1 / 3], [row % 5]);
  assertNear(fittedValues(ridge(constant), [0.1, 1 / 3, 9, 9]), [2, 2]);
  const few = new Moments(4, 1);
  few.add([1, 2, 3, 4, 5, 6, 7, 9], [0, 1]);
  assert.ok([...ridge(few).weights].every(Number.isFinite));
  const one = new Moments(2, 1);
  one.add([1, 2], [3]);
  assertNear(fittedValues(ridge(one), [1, 2]), [3]);
});
