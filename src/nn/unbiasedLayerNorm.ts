import * as tf from "@tensorflow/tfjs-core";
import * as engine from "../engine/layerNorm";
import type { Norm } from "./layerNorm";
import type { Pass, Value } from "./Pass";

/** Layer normalisation that learns a weight and no bias: [rows, width] → [rows, width]. */
export function unbiasedLayerNorm(pass: Pass, x: Value, { weight, eps }: Omit<Norm, "bias">): Value {
  const none = tf.zeros(weight.shape);
  const { y, normal, scale } = engine.layerNorm(x.tensor, weight.value, none, eps);
  const sources = [x, weight];
  const value = pass.record(
    y,
    sources,
    () => [normal, scale],
    (dy, [normal, scale]) =>
      engine
        .layerNormGradients(dy, { normal, scale }, weight.value, [
          ...sources.map((s) => pass.tracks(s)),
          false,
        ])
        .slice(0, 2),
  );
  tf.dispose([none, normal, scale]);
  return value;
}
