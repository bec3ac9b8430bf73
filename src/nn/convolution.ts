import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../ops/matMul/matMul";
import type { Linear } from "./linear";
import type { Pass, Value } from "./Pass";
import { rowsOfTexts } from "./rowsOnnx";

/**
 * A convolution along each of `batchSize` texts, zeros beyond their ends: [batch · n, in] → [batch · n, out]. `weight` is
 * [out, in, width] as PyTorch's `Conv1d` keeps it, of odd width, `bias` [out].
 */
export function convolution(pass: Pass, x: Value, { weight, bias }: Linear, batchSize: number): Value {
  const [out, width, size] = weight.shape;
  const flat = () => tf.reshape(tf.transpose(weight.value, [0, 2, 1]), [out, size * width]);
  const y = tf.tidy(() =>
    tf.add(matMul(neighbours(x.tensor, size, batchSize), flat(), false, true), bias.value),
  );
  return pass.record(
    y,
    [x, weight, bias],
    () => (pass.tracks(weight) ? [x.tensor] : []),
    (dy, [input]) => [
      pass.tracks(x) ? neighboursGradient(matMul(dy, flat()), size, batchSize) : null,
      pass.tracks(weight)
        ? tf.transpose(
            tf.reshape(matMul(dy, neighbours(input, size, batchSize), true, false), [out, size, width]),
            [0, 2, 1],
          )
        : null,
      pass.tracks(bias) ? tf.sum(dy, 0) : null,
    ],
    (graph, [x, weight, bias]) => {
      const margin = (size - 1) / 2;
      const turn = (texts: string) => graph.op("Transpose", [texts], { perm: { ints: [0, 2, 1] } });
      const texts = rowsOfTexts(graph, x, width);
      const pads = { pads: { ints: [margin, margin] } };
      return graph.op("Reshape", [
        turn(graph.op("Conv", [turn(texts), weight, bias], pads)),
        graph.shape(-1, out),
      ]);
    },
  );
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
