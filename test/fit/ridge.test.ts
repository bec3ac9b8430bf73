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
    const noised = ridge(momentsOf(expected), 0.25);
    assertNear([noised.strength], [expected.noised.strength], 1e-11);
    assertNear(fittedValues(noised, expected.fresh), expected.noised.fitted, 1e-6);
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

test("A fit that knows of dropout loses less than one that does not where features are dropped, and may leave one out that is always zero", () => {
  const random = new Random("dropped");
  const rows = Array.from({ length: 80 }, () => {
    const [a, b] = [random.normal(), random.normal()];
    // The difference of two large features tells the target; dropping one of them would tell another.
    return { x: [20 + a, 20 + a + 0.3 * b, b + random.normal(), 0], y: b };
  });
  const moments = new Moments(4, 1);
  for (const { x, y } of rows) moments.add(x, [y]);
  const lossOf = (fit: ReturnType<typeof ridge>) => {
    const draws = new Random("draws");
    let sum = 0;
    for (let i = 0; i < 2000; i++) {
      const { x, y } = rows[i % rows.length];
      sum +=
        (fittedValues(
          fit,
          x.map((value) => (draws.uniform() < 0.8 ? value / 0.8 : 0)),
        )[0] -
          y) **
        2;
    }
    return sum / 2000;
  };
  const [plain, noised] = [ridge(moments), ridge(moments, 0.25)];
  assert.ok(lossOf(noised) < 1.2 && lossOf(plain) > 10, `${lossOf(noised)} ${lossOf(plain)}`);
  assert.equal(noised.weights[3], 0);
});
