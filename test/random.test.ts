import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Random } from "../src/random";

const draw = <T>(n: number, next: () => T): T[] => Array.from({ length: n }, next);
const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;

/** Pearson's chi-squared statistic of counts that should all be the same. */
function chiSquared(counts: number[]): number {
  const expected = mean(counts);
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe("a stream of random numbers", () => {
  test("is the same for the same seeds, on every machine and in every version", () => {
    const random = new Random(0);
    assert.deepEqual(
      draw(4, () => random.uint32()),
      [1086336823, 1223983059, 846340272, 2204217219],
    );
    assert.deepEqual(new Random(1).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), [3, 4, 6, 2, 7, 0, 5, 1, 8, 9]);
    assert.equal(new Random(7, "head").uint32(), 2060649889);
  });

  test("does not depend on what other streams did before", () => {
    const alone = draw(
      5,
      (
        (random) => () =>
          random.uniform()
      )(new Random(3, "order")),
    );
    const other = new Random(3, "dropout");
    const beside = new Random(3, "order");
    assert.deepEqual(
      draw(5, () => {
        other.normal();
        return beside.uniform();
      }),
      alone,
    );
  });

  test("differs for every seed, purpose and further part, and by their order", () => {
    const firsts = new Set<string>();
    for (let seed = -50; seed < 50; seed++)
      for (const purpose of ["head", "order", "dropout", "drop out"])
        for (let epoch = 0; epoch < 20; epoch++) {
          const random = new Random(seed, purpose, epoch);
          firsts.add(`${random.uint32()} ${random.uint32()}`);
        }
    assert.equal(firsts.size, 100 * 4 * 20);
    assert.notEqual(new Random(1, 23).uint32(), new Random(12, 3).uint32());
    assert.notEqual(new Random(1, 2).uint32(), new Random(2, 1).uint32());
  });

  test("begins uncorrelated for neighbouring seeds", () => {
    const firsts = Array.from({ length: 10_000 }, (_, seed) => new Random(seed).uniform() - 0.5);
    for (const distance of [1, 2, 10, 256]) {
      const products = firsts.slice(distance).map((x, i) => x * firsts[i]);
      // Of independent draws the correlation would be 0 ± 0.01.
      assert.ok(Math.abs(12 * mean(products)) < 0.04, `distance ${distance}: ${12 * mean(products)}`);
    }
  });
});

describe("uint32", () => {
  test("gives whole numbers below 2^32 with every bit set half of the time", () => {
    const random = new Random(1);
    const numbers = draw(10_000, () => random.uint32());
    assert.ok(numbers.every((x) => Number.isInteger(x) && x >= 0 && x < 2 ** 32));
    for (let bit = 0; bit < 32; bit++) {
      const share = mean(numbers.map((x) => (x >>> bit) & 1));
      assert.ok(Math.abs(share - 0.5) < 0.02, `bit ${bit}: ${share}`);
    }
  });
});

describe("uniform", () => {
  test("fills [0, 1) evenly", () => {
    const random = new Random(2);
    const numbers = draw(20_000, () => random.uniform());
    assert.ok(numbers.every((x) => x >= 0 && x < 1));
    const counts: number[] = new Array(100).fill(0);
    for (const x of numbers) counts[Math.floor(100 * x)]++;
    // 99 degrees of freedom: 99 ± 14.
    assert.ok(chiSquared(counts) < 155 && chiSquared(counts) > 50, `${chiSquared(counts)}`);
  });
});

describe("integer", () => {
  test("gives each of 0 … n-1 equally often", () => {
    const random = new Random(3);
    const counts: number[] = new Array(7).fill(0);
    for (let i = 0; i < 14_000; i++) counts[random.integer(7)]++;
    assert.equal(counts.length, 7);
    assert.ok(chiSquared(counts) < 25, counts.join());
  });

  test("gives 0 when there is nothing else", () => {
    assert.equal(new Random(4).integer(1), 0);
  });
});

describe("normal", () => {
  test("has the moments of the standard normal distribution", () => {
    const random = new Random(5);
    const numbers = draw(40_000, () => random.normal());
    const moment = (k: number) => mean(numbers.map((x) => x ** k));
    const near = (got: number, want: number, by: number) => assert.ok(Math.abs(got - want) < by, `${got}`);
    near(moment(1), 0, 0.02);
    near(moment(2), 1, 0.03);
    near(moment(3), 0, 0.08);
    near(moment(4), 3, 0.2);
    assert.ok(numbers.every(Number.isFinite));
    near(mean(numbers.map((x) => (Math.abs(x) < 1 ? 1 : 0))), 0.6827, 0.01);
  });

  test("draws one after the other independently", () => {
    const random = new Random(6);
    const numbers = draw(20_000, () => random.normal());
    assert.ok(Math.abs(mean(numbers.slice(1).map((x, i) => x * numbers[i]))) < 0.03);
  });
});

describe("shuffle", () => {
  test("reorders in place and returns the same array, of any kind", () => {
    const inOrder = Array.from({ length: 100 }, (_, i) => i);
    const rows = Int32Array.from(inOrder);
    const shuffled = new Random(7).shuffle(rows);
    assert.equal(shuffled, rows);
    assert.notDeepEqual([...rows], inOrder);
    assert.deepEqual(
      [...rows].sort((a, b) => a - b),
      inOrder,
    );
    assert.deepEqual(new Random(7).shuffle([]), []);
    assert.deepEqual(new Random(7).shuffle(["one"]), ["one"]);
  });

  test("makes all orders equally likely", () => {
    const random = new Random(8);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = random.shuffle(["a", "b", "c", "d"]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 24);
    // 23 degrees of freedom: 23 ± 7.
    assert.ok(chiSquared([...counts.values()]) < 50, `${chiSquared([...counts.values()])}`);
  });
});
