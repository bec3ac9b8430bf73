import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import { matMul } from "../ops/matMul/matMul";
import { dropout } from "./elementwise";
import { type Linear, linear } from "./linear";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A change of low rank to a dense layer's weight (Hu et al. 2021): W + scale · B A. */
export interface Lora {
  /** [rank, in] */
  a: Parameter;
  /** [out, rank] */
  b: Parameter;
  /** alpha / rank */
  scale: number;
  /** Rate in front of A. */
  dropout: number;
  /** Whether the change is in the weight already, so that only the weight is to be read. */
  merged: boolean;
}

/** A dense layer that may carry such a change. */
export interface Adaptable extends Required<Linear> {
  lora?: Lora;
}

/** x Wᵀ + b + scale · (dropout(x) Aᵀ) Bᵀ: [rows, in] → [rows, out]; without an adapter what `linear` gives. */
export function loraLinear(pass: Pass, x: Value, dense: Adaptable): Value {
  const y = linear(pass, x, dense);
  const { lora } = dense;
  if (!lora) return y;
  if (lora.merged) {
    if (pass.tracks(lora.a) || pass.tracks(lora.b))
      throw new FrostError(
        `${lora.a.name} is merged into its weight and cannot learn there; unmergeLora(model) before training`,
      );
    return y;
  }
  return addLowRank(pass, y, dropout(pass, x, lora.dropout), lora);
}

function addLowRank(pass: Pass, y: Value, x: Value, { a, b, scale }: Lora): Value {
  const [sum, inner] = tf.tidy(() => {
    const inner = matMul(x.tensor, a.value, false, true);
    return [tf.add(y.tensor, tf.mul(matMul(inner, b.value, false, true), scale)), inner];
  });
  const value = pass.record({
    output: sum,
    inputs: { y, x, a, b },
    saved: (wanted) => ({ x: wanted.a ? x.tensor : null, inner: wanted.b ? inner : null }),
    backward(dy, saved, wanted) {
      const scaled = tf.mul(dy, scale);
      const dInner = wanted.x || wanted.a ? matMul(scaled, b.value) : null;
      return {
        y: wanted.y ? dy.clone() : null,
        x: wanted.x ? matMul(dInner!, a.value) : null,
        a: wanted.a ? matMul(dInner!, saved.x!, true, false) : null,
        b: wanted.b ? matMul(scaled, saved.inner!, true, false) : null,
      };
    },
  });
  inner.dispose();
  return value;
}

/** scale · B A, [out, in]: what merging adds to the weight. The caller disposes it. */
export function loraChange({ a, b, scale }: Lora): tf.Tensor {
  return tf.tidy(() => tf.mul(matMul(b.value, a.value), scale));
}
