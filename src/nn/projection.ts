import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../ops/matMul/matMul";
import type { Linear } from "./linear";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/**
 * x Wᵀ + b: [rows, in] → [rows, out]. Of a layer that holds several of equal size one above the other, `part` takes one: the
 * second of three, say, is `{ index: 1, of: 3 }`.
 */
export function projection(
  pass: Pass,
  x: Value,
  { weight, bias }: Linear,
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
  return pass.record({
    op: "linear",
    settings: { rows: part.of === 1 ? null : [start, start + out] },
    output: tf.tidy(() => {
      const product = matMul(x.tensor, own(weight), false, true);
      return bias ? tf.add(product, own(bias)) : product;
    }),
    inputs: { x, weight, bias },
    saved: (wanted) => ({ x: wanted.weight ? x.tensor : null }),
    backward: (dy, saved, wanted) => ({
      x: wanted.x ? matMul(dy, own(weight)) : null,
      weight: wanted.weight ? spread(matMul(dy, saved.x!, true, false)) : null,
      bias: wanted.bias ? spread(tf.sum(dy, 0)) : null,
    }),
  });
}
