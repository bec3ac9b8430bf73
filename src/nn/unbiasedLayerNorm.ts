import * as tf from "@tensorflow/tfjs-core";
import * as ops from "../ops/layerNorm/layerNorm";
import { layerNormGradients } from "../ops/layerNorm/layerNormGradients";
import type { Norm } from "./layerNorm";
import type { Pass, Value } from "./Pass";

/** Layer normalisation that learns a weight and no bias: [rows, width] → [rows, width]. */
export function unbiasedLayerNorm(pass: Pass, x: Value, { weight, eps }: Omit<Norm, "bias">): Value {
  const none = tf.zeros(weight.shape);
  const { y, normal, scale } = ops.layerNorm({ x: x.tensor, weight: weight.value, bias: none, eps });
  const value = pass.record(
    y,
    [x, weight],
    () => [normal, scale],
    (dy, [normal, scale]) => {
      const wanted = { x: pass.tracks(x), residual: false, weight: pass.tracks(weight), bias: false };
      const gradients = layerNormGradients({ dy, normal, scale, weight: weight.value, drop: null, wanted });
      return [gradients.x, gradients.weight];
    },
    (graph, inputs) => graph.op("LayerNormalization", inputs, { axis: { int: -1 }, epsilon: { float: eps } }),
  );
  tf.dispose([none, normal, scale]);
  return value;
}
