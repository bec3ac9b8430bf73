import type * as tf from "@tensorflow/tfjs-core";
import { columnSums } from "../../engine/recorder/columnSums";
import type { Graph } from "../../engine/recorder/Graph";
import { recordedDropped } from "../dropoutMask/recorded";
import type { LayerNormInputs, Normalized } from "./layerNorm";
import type { LayerNormGradientInputs, LayerNormGradients } from "./layerNormGradients";

export function recordedLayerNorm(g: Graph, inputs: LayerNormInputs): { y: tf.Tensor } & Normalized {
  const { x, drop, residual, weight, bias, eps } = inputs;
  const dropped = recordedDropped(g, x, drop);
  const input = residual ? g.op("Add", [dropped, residual]) : dropped;
  const { dtype, shape } = input;
  const column = { dtype, shape: [shape[0], 1] };
  const attributes = { axis: { int: -1 }, epsilon: { float: eps } };
  const kinds = [{ dtype, shape }, column, column];
  const [y, mean, scale] = g.several(
    "LayerNormalization",
    bias ? [input, weight, bias] : [input, weight],
    kinds,
    attributes,
  );
  const normal = g.op("Mul", [g.op("Sub", [input, mean]), scale]);
  return { y: g.tensor(y), normal: g.tensor(normal), scale: g.tensor(scale) };
}

export function recordedLayerNormGradients(
  g: Graph,
  { dy, normal, scale, weight, drop, wanted, add }: LayerNormGradientInputs,
): LayerNormGradients {
  const made: LayerNormGradients = { x: null, residual: null, weight: null, bias: null };
  if (wanted.x || wanted.residual) {
    const d = g.op("Mul", [dy, weight]);
    const mean = (x: tf.Tensor | typeof d) => g.reduce("ReduceMean", x, [1], true);
    const along = g.op("Mul", [normal, mean(g.op("Mul", [d, normal]))]);
    const ofSum = g.op("Mul", [g.op("Sub", [g.op("Sub", [d, mean(d)]), along]), scale]);
    if (wanted.residual) made.residual = g.tensor(ofSum);
    const ofX = recordedDropped(g, ofSum, drop);
    if (wanted.x) made.x = g.tensor(add ? g.op("Add", [ofX, add]) : ofX);
  }
  if (wanted.weight) made.weight = g.tensor(columnSums(g, g.op("Mul", [dy, normal])));
  if (wanted.bias) made.bias = g.tensor(columnSums(g, dy));
  return made;
}
