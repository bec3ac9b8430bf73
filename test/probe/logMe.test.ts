import assert from "node:assert/strict";
import { test } from "node:test";
import { Moments, type Sums } from "../../src/fit/Moments";
import { logMe } from "../../src/probe/logMe";
import { Random } from "../../src/random";
import { assertNear, EXPECTED, momentsOf } from "../fit/expected";

for (const expected of EXPECTED)
  test(`LogME is what numpy finds by inverses and determinants: ${expected.name}`, () => {
    assertNear([logMe(momentsOf(expected).raw())], [expected.logMe], 1e-7);
  });

/** Two classes of rows, whose first feature tells them apart by so many standard deviations. */
function twoClasses(gap: number, scale = 1): Sums {
  const random = new Random("twoClasses");
  const moments = new Moments(5, 2);
  for (let row = 0; row < 200; row++) {
    const features = Array.from({ length: 5 }, () => scale * random.normal());
    const id = row % 2;
    features[0] += id ? scale * gap : -scale * gap;
    moments.add(features, id ? [0, 1] : [1, 0]);
  }
  return moments.raw();
}

test("LogME rises as features tell the classes apart better", () => {
  const values = [0, 0.5, 1, 2, 4].map((gap) => logMe(twoClasses(gap)));
  for (let i = 1; i < values.length; i++) assert.ok(values[i] > values[i - 1], values.join(" "));
});

test("LogME is the same whatever the features' unit, since the weights' precision is found with it", () => {
  assertNear([logMe(twoClasses(1, 8))], [logMe(twoClasses(1))], 1e-3);
});

test("A feature that is there twice or always zero leaves LogME a finite number", () => {
  const moments = new Moments(3, 1);
  for (let row = 0; row < 30; row++) moments.add([row, row, 0], [row % 2]);
  assert.ok(Number.isFinite(logMe(moments.raw())));
});

test("Targets that the features give without rest leave LogME a finite number, above that of noise", () => {
  const [exact, noise] = [new Moments(2, 1), new Moments(2, 1)];
  const random = new Random("exact");
  for (let row = 0; row < 40; row++) {
    const x = [random.normal(), random.normal()];
    exact.add(x, [x[0] - x[1]]);
    noise.add(x, [random.normal()]);
  }
  assert.ok(logMe(exact.raw()) > logMe(noise.raw()) + 1, `${logMe(exact.raw())} ${logMe(noise.raw())}`);
});

test("What tells classes apart counts where it is small beside a mean that all rows share", () => {
  const random = new Random("small");
  const moments = new Moments(4, 1);
  for (let row = 0; row < 100; row++) {
    const features = Array.from({ length: 4 }, () => 10 + 1e-3 * random.normal());
    features[0] += row % 2 ? 4e-3 : -4e-3;
    moments.add(features, [row % 2]);
  }
  // A constant that is fitted to halves of 0 and 1 leaves a deviation of one half: -0.726 per row.
  assert.ok(logMe(moments.raw()) > 0, String(logMe(moments.raw())));
});
