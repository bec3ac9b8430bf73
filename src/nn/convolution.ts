import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../ops/matMul/matMul";
import type { Linear } from "./linear";
import type { Pass, Value } from "./Pass";

/**
 * A convolution along each of `batchSize` texts, zeros beyond their ends: [batch · n, in] → [batch · n, out]. `weight` is
 * [out, in, width] as PyTorch's `Conv1d` keeps it, of odd width, `bias` [out].
 */
export function convolution(
  pass: Pass,
  x: Value,
  { weight, bias }: Required<Linear>,
  batchSize: number,
): Value {
  const [out, width, size] = weight.shape;
  const flat = () => tf.reshape(tf.transpose(weight.value, [0, 2, 1]), [out, size * width]);
  return pass.record({
    op: "convolution",
    settings: { shape: weight.shape },
    output: tf.tidy(() =>
      tf.add(matMul(neighbours(x.tensor, size, batchSize), flat(), false, true), bias.value),
    ),
    inputs: { x, weight, bias },
    saved: (wanted) => ({ x: wanted.weight ? x.tensor : null }),
    backward(dy, saved, wanted) {
      const ofWeight = () => {
        const made = matMul(dy, neighbours(saved.x!, size, batchSize), true, false);
        return tf.transpose(tf.reshape(made, [out, size, width]), [0, 2, 1]);
      };
      return {
        x: wanted.x ? neighboursGradient(matMul(dy, flat()), size, batchSize) : null,
        weight: wanted.weight ? ofWeight() : null,
        bias: wanted.bias ? tf.sum(dy, 0) : null,
      };
    },
  });
}

/** Each row with the `size` - 1 around it, side by side: [batch · n, width] → [batch · n, size · width]. */
function neighbours(x: tf.Tensor, size: number, batchSize: number): tf.Tensor {
  const width = x.shape[1]!;
  const length = x.shape[0] / batchSize;
  const margin = (size - 1) / 2;
  const padded = tf.pad(tf.reshape(x, [batchSize, length, width]), [
    [0, 0],
    [margin, margin],
    [0, 0],
  ]);
  const shifted = Array.from({ length: size }, (_, i) =>
    tf.slice(padded, [0, i, 0], [batchSize, length, width]),
  );
  return tf.reshape(tf.concat(shifted, 2), [batchSize * length, size * width]);
}

function neighboursGradient(dy: tf.Tensor, size: number, batchSize: number): tf.Tensor {
  const length = dy.shape[0] / batchSize;
  const width = dy.shape[1]! / size;
  const margin = (size - 1) / 2;
  const parts = tf.split(tf.reshape(dy, [batchSize, length, size * width]), size, 2).map((part, i) =>
    tf.pad(part, [
      [0, 0],
      [i, size - 1 - i],
      [0, 0],
    ]),
  );
  const sum = tf.slice(tf.addN(parts), [0, margin, 0], [batchSize, length, width]);
  return tf.reshape(sum, [batchSize * length, width]);
}
