import * as tf from "@tensorflow/tfjs-core";
import * as engine from "../engine/layerNorm";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

export interface Norm {
  weight: Parameter;
  bias: Parameter;
  eps: number;
}

/** Layer normalisation over the last axis (Ba, Kiros and Hinton 2016): [rows, width] → [rows, width]. */
export function layerNorm(pass: Pass, x: Value, { weight, bias, eps }: Norm): Value {
  const { y, normal, scale } = engine.layerNorm(x.tensor, weight.value, bias.value, eps);
  const sources = [x, weight, bias];
  const value = pass.record(
    y,
    sources,
    () => (pass.tracks(x) || pass.tracks(weight) ? [normal, scale] : []),
    (dy, [normal, scale]) =>
      engine.layerNormGradients(
        dy,
        { normal, scale },
        weight.value,
        sources.map((source) => pass.tracks(source)),
      ),
    (graph, inputs) => graph.op("LayerNormalization", inputs, { axis: { int: -1 }, epsilon: { float: eps } }),
  );
  tf.dispose([normal, scale]);
  return value;
}
