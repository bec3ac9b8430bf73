import * as tf from "@tensorflow/tfjs-core";
import * as engine from "../engine/layerNorm";
import type { Norm } from "./layerNorm";
import type { Pass, Value } from "./Pass";

/** Layer normalisation that learns a weight and no bias: [rows, width] → [rows, width]. */
export function unbiasedLayerNorm(pass: Pass, x: Value, { weight, eps }: Omit<Norm, "bias">): Value {
  const none = tf.zeros(weight.shape);
  const { y, normal, scale } = engine.layerNorm({ x: x.tensor }, weight.value, none, eps);
  const value = pass.record(
    y,
    [x, weight],
    () => [normal, scale],
    (dy, [normal, scale]) => {
      const wanted = { x: pass.tracks(x), residual: false, weight: pass.tracks(weight), bias: false };
      const gradients = engine.layerNormGradients(dy, { normal, scale }, weight.value, null, wanted);
      return [gradients.x, gradients.weight];
    },
    (graph, inputs) => graph.op("LayerNormalization", inputs, { axis: { int: -1 }, epsilon: { float: eps } }),
  );
  tf.dispose([none, normal, scale]);
  return value;
}
