import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/** How far each position turns each pair of features: [1, positions, 1, width / 2] each, for heads of `width`. */
export interface Turns {
  cos: tf.Tensor;
  sin: tf.Tensor;
}

/** The turns by position · theta^(-2i / width) for positions from 0 on (Su et al. 2021). The caller disposes them. */
export function rotaryTurns(positions: number, width: number, theta: number): Turns {
  const half = width / 2;
  const slopes = slopesOf(width, theta);
  const angles = Float32Array.from(
    { length: positions * half },
    (_, i) => Math.floor(i / half) * slopes[i % half],
  );
  const table = (f: (x: number) => number) => tf.tensor4d(angles.map(f), [1, positions, 1, half]);
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** The angle from one position to the next of each pair. In float32 at each step, as PyTorch has it: at position 8000 the difference shows. */
export const slopesOf = (width: number, theta: number): number[] =>
  Array.from({ length: width / 2 }, (_, i) =>
    Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / width))),
  );

/**
 * Turns features i and i + width / 2 of each head of `x` [batch · positions, heads · width] by the angle of its position: products of
 * queries and keys then depend on how far apart the two are.
 */
export function rotary(pass: Pass, x: Value, heads: number, { cos, sin }: Turns): Value {
  return pass.record({
    op: "rotary",
    settings: { heads, half: cos.shape[3]! },
    output: turn(x.tensor, heads, cos, sin),
    inputs: { x, cos, sin },
    saved: () => ({ cos, sin }),
    backward: (dy, { cos, sin }) => ({ x: turn(dy, heads, cos, tf.neg(sin)) }),
  });
}

function turn(x: tf.Tensor, heads: number, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [, positions, , half] = cos.shape as number[];
  return tf.tidy(() => {
    const split = tf.reshape(x, [-1, positions, heads, 2 * half]);
    const size = [split.shape[0], positions, heads, half];
    const [a, b] = [0, half].map((start) => tf.slice(split, [0, 0, 0, start], size));
    const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
    return tf.reshape(tf.concat(turned, 3), x.shape);
  });
}
