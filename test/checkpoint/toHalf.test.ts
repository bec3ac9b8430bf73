import assert from "node:assert/strict";
import { test } from "node:test";
import { toFloat32 } from "../../src/checkpoint/toFloat32";
import { toBfloat16, toFloat16 } from "../../src/checkpoint/toHalf";

const all16 = Uint16Array.from({ length: 65536 }, (_, i) => i);

function half(round: typeof toFloat16, ...values: number[]): number[] {
  const to = new Uint16Array(values.length);
  assert.equal(round(Float32Array.from(values), to), -1);
  return [...to];
}

/** The float32 next to a positive one. */
function neighbour(x: number, step: 1 | -1): number {
  const value = Float32Array.of(x);
  new Uint32Array(value.buffer)[0] += step;
  return value[0];
}

for (const [dtype, round, infinity] of [
  ["F16", toFloat16, 0x7c00],
  ["BF16", toBfloat16, 0x7f80],
] as const) {
  const values = new Float32Array(65536);
  toFloat32(dtype, all16, values);

  test(`Every ${dtype} that is a number comes back from float32 as it was`, () => {
    const back = new Uint16Array(65536);
    assert.equal(round(values, back), -1);
    for (const bits of all16)
      if (Number.isNaN(values[bits])) assert.ok((back[bits] & 0x7fff) > infinity, "NaN stays NaN");
      else assert.equal(back[bits], bits);
  });

  test(`Half-way between two neighbours, ${dtype} takes the even one, and else the nearer`, () => {
    for (let low = 0; low < infinity - 1; low++) {
      const middle = (values[low] + values[low + 1]) / 2;
      // Between bfloat16's subnormals the middle may not be a float32 exactly; then there is no tie.
      if (Math.fround(middle) !== middle) continue;
      const even = low % 2 === 0 ? low : low + 1;
      const expected = [even, even | 0x8000, low, low + 1];
      const got = half(round, middle, -middle, neighbour(middle, -1), neighbour(middle, 1));
      assert.deepEqual(got, expected, `around ${middle}`);
    }
  });

  test(`${dtype} keeps infinities and both zeros`, () => {
    const { POSITIVE_INFINITY: top, NEGATIVE_INFINITY: bottom } = Number;
    assert.deepEqual(half(round, top, bottom, 0, -0), [infinity, infinity | 0x8000, 0, 0x8000]);
  });
}

test("Known values: what PyTorch makes of them", () => {
  assert.deepEqual(
    half(toFloat16, 0.1, 1 / 3, -2.5, 65519.996, 6e-8, 2.9e-8),
    [0x2e66, 0x3555, 0xc100, 0x7bff, 1, 0],
  );
  assert.deepEqual(half(toBfloat16, 0.1, 1 / 3, -2.5, 65520, 1e-40), [0x3dcd, 0x3eab, 0xc020, 0x4780, 1]);
});

test("The first finite value that would become infinite is pointed at", () => {
  const to = new Uint16Array(3);
  assert.equal(toFloat16(Float32Array.of(1, -65520, 65520), to), 1);
  assert.equal(toFloat16(Float32Array.of(Number.POSITIVE_INFINITY, 65519, 1e10), to), 2);
  assert.equal(toBfloat16(Float32Array.of(1e38, 3.4e38), to), 1);
  assert.equal(toBfloat16(Float32Array.of(3.39e38, -3.39e38), to), -1);
});

test("A NaN whose upper half alone would read as infinity stays NaN in BF16", () => {
  const nan = new Float32Array(Uint32Array.of(0x7f800001).buffer);
  const to = new Uint16Array(1);
  toBfloat16(nan, to);
  assert.ok((to[0] & 0x7fff) > 0x7f80);
});
