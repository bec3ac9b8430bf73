import type { Graph, Input } from "../../engine/recorder/Graph";
import { staysOnDevice } from "../../engine/recorder/recording";
import { FIXED, sizeOf, type Value } from "../../engine/recorder/Value";
import type { Dropout } from "./dropoutMask";
import { inFloat32 } from "./inFloat32";

const STEP = 0x9e3779b9;

/** The mask that every engine draws from an index and the seed, by operations on 32 bits; backward finds that of forward again. */
export function recordedMask(g: Graph, shape: number[], { rate, seed }: Dropout): Value {
  const { threshold, scale } = inFloat32(rate);
  const kept = g.recorder.shared(`kept ${rate} ${seed} ${shape}`, () =>
    g.cast(isKept(g, shape, seed, threshold), "uint8"),
  );
  return g.op("DequantizeLinear", [kept, g.float(scale)]);
}

/** x with some elements dropped and the others scaled, or as it is. */
export function recordedDropped(g: Graph, x: Input, drop: Dropout | null | undefined): Value {
  if (!drop) return g.value(x);
  const { shape } = g.value(x);
  if (!g.recorder.device) return g.op("Mul", [x, recordedMask(g, shape, drop)]);
  const scaled = g.op("Mul", [x, scaleOf(g, drop)]);
  return g.op("Where", [keptOnDevice(g, shape, drop), scaled, g.float(0)]);
}

/** The mask that TensorFlow draws from the seed: that of a step op by op. */
export function maskOnDevice(g: Graph, shape: number[], drop: Dropout): Value {
  return g.op("Where", [keptOnDevice(g, shape, drop), scaleOf(g, drop), g.float(0)]);
}

const scaleOf = (g: Graph, { rate }: Dropout): Value => g.float(1 / (1 - rate));

/** Bits, since they stay until backward reads them. By one operation: those of a hash would each go through a device's memory. */
function keptOnDevice(g: Graph, shape: number[], { rate, seed }: Dropout): Value {
  return g.recorder.shared(`kept ${rate} ${seed} ${shape}`, () => {
    const seeds = g.recorder.written("int32", [2], seedNumbers(seed), seedLabel(seed));
    const kind = { dtype: "float32" as const, shape };
    const draws = g.make("StatelessRandomUniform", [g.sizes(...shape), seeds], kind);
    return g.op("GreaterOrEqual", [draws, g.float(rate)]);
  });
}

/** Which draws are not below the threshold. Bits, since this stays until backward reads it: a byte for each element. */
function isKept(g: Graph, shape: number[], seed: number, threshold: number): Value {
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape) / columns;
  // An index times the step is a row's share and a column's.
  const ofRow = multiples(g, [...shape.slice(0, -1), 1], Math.imul(columns, STEP));
  const ofColumn = multiples(g, [columns], STEP);
  const start = g.recorder.filled([1], seedLabel(seed), (numbers) => numbers.set(seedNumbers(seed)));
  const whole = (x: number) => g.number("uint32", x);
  const right = { direction: { text: "RIGHT" } };
  const folded = (x: Value, by: number) => g.op("BitwiseXor", [x, g.op("BitShift", [x, whole(by)], right)]);
  const indices = rows === 1 ? g.reshape(ofColumn, shape) : g.op("Add", [ofRow, ofColumn]);
  const first = g.op("BitwiseXor", [indices, start]);
  const second = g.op("Mul", [folded(first, 16), whole(0x85ebca6b)]);
  const third = g.op("Mul", [folded(second, 13), whole(0xc2b2ae35)]);
  // A draw is the first 24 bits: it is below the threshold as the whole is below as much with 8 zeros behind it.
  return g.op("GreaterOrEqual", [folded(third, 16), whole(Math.ceil(threshold) * 2 ** 8)]);
}

/** 0, step, 2 · step, … on 32 bits, once for all masks of a program. */
const multiples = (g: Graph, shape: number[], step: number): Value =>
  g.recorder.shared(`multiples of ${step} ${shape}`, () =>
    g.recorder.filled(shape, FIXED, (numbers) => {
      for (let i = 0; i < numbers.length; i++) numbers[i] = Math.imul(i, step);
    }),
  );

/** What the numbers are recorded as that a mask's seed goes in with. */
export const seedLabel = (seed: number): string => `seed ${seed}`;

/** Those numbers, as whoever computes takes them. */
export const seedNumbers = (seed: number): number[] => (staysOnDevice() ? [seed | 0, 0] : [seed]);
