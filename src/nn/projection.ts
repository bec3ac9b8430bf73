import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../ops/matMul/matMul";
import { linearOnnx } from "./linear";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A dense layer that may have no bias: `weight` [out, in] and `bias` [out]. */
export interface Projection {
  weight: Parameter;
  bias?: Parameter;
}

/**
 * x Wᵀ + b: [rows, in] → [rows, out]. Of a layer that holds several of equal size one above the other, `part` takes one: the
 * second of three, say, is `{ index: 1, of: 3 }`.
 */
export function projection(
  pass: Pass,
  x: Value,
  { weight, bias }: Projection,
  part: { index: number; of: number } = { index: 0, of: 1 },
): Value {
  const out = weight.shape[0] / part.of;
  const start = part.index * out;
  const own = ({ value }: Parameter) => (part.of === 1 ? value : tf.slice(value, [start], [out]));
  const spread = (gradient: tf.Tensor) =>
    part.of === 1
      ? gradient
      : tf.pad(gradient, [
          [start, weight.shape[0] - start - out],
          ...gradient.shape.slice(1).map(() => [0, 0]),
        ] as [number, number][]);
  const y = tf.tidy(() => {
    const product = matMul(x.tensor, own(weight), false, true);
    return bias ? tf.add(product, own(bias)) : product;
  });
  return pass.record(
    y,
    [x, weight, ...(bias ? [bias] : [])],
    () => (pass.tracks(weight) ? [x.tensor] : []),
    (dy, [input]) => [
      pass.tracks(x) ? matMul(dy, own(weight)) : null,
      pass.tracks(weight) ? spread(matMul(dy, input, true, false)) : null,
      bias && pass.tracks(bias) ? spread(tf.sum(dy, 0)) : null,
    ],
    (graph, [x, ...layer]) =>
      linearOnnx(graph, [
        x,
        ...layer.map((whole) => (part.of === 1 ? whole : graph.slice(whole, 0, start, start + out))),
      ]),
  );
}
