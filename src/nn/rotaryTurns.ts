import * as tf from "@tensorflow/tfjs-core";
import { fixed } from "../engine/recorder/recording";
import type { Turns } from "../ops/rotaryAttention/turn";

/** The turns by position · theta^(-2i / width) for positions from 0 on (Su et al. 2021). The caller disposes them. */
export function rotaryTurns(positions: number, width: number, theta: number): Turns {
  const half = width / 2;
  const slopes = slopesOf(width, theta);
  const angles = Float32Array.from(
    { length: positions * half },
    (_, i) => Math.floor(i / half) * slopes[i % half],
  );
  const table = (f: (x: number) => number) => fixed(tf.tensor4d(angles.map(f), [1, positions, 1, half]));
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** The angle from one position to the next of each pair. In float32 at each step, as PyTorch has it: at position 8000 the difference shows. */
export const slopesOf = (width: number, theta: number): number[] =>
  Array.from({ length: width / 2 }, (_, i) =>
    Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / width))),
  );
