import * as tf from "@tensorflow/tfjs-core";
import type { Dropout } from "../ops/dropoutMask/dropoutMask";
import * as ops from "../ops/layerNorm/layerNorm";
import { layerNormGradients } from "../ops/layerNorm/layerNormGradients";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

export interface Norm {
  weight: Parameter;
  bias: Parameter;
  eps: number;
}

/** Layer normalisation over the last axis (Ba, Kiros and Hinton 2016): [rows, width] → [rows, width]. */
export function layerNorm(pass: Pass, x: Value, norm: Norm): Value {
  return normalized(pass, x, null, null, norm);
}

/** LayerNorm(dropout(x) + residual), the end of each half of a post-norm block: as one op it keeps neither the mask nor the sum. */
export function residualNorm(pass: Pass, x: Value, rate: number, residual: Value, norm: Norm): Value {
  return normalized(pass, x, residual, pass.drawDropout(rate), norm);
}

function normalized(pass: Pass, x: Value, residual: Value | null, drop: Dropout | null, norm: Norm): Value {
  const { weight, bias, eps } = norm;
  const { y, normal, scale } = ops.layerNorm({
    x: x.tensor,
    drop,
    residual: residual?.tensor,
    weight: weight.value,
    bias: bias.value,
    eps,
  });
  const inner = () => pass.tracks(x) || (residual !== null && pass.tracks(residual));
  const value = pass.record(
    y,
    [x, weight, bias, ...(residual ? [residual] : [])],
    () => (inner() || pass.tracks(weight) ? [normal, scale] : []),
    (dy, [normal, scale]) => {
      const gradients = layerNormGradients({
        dy,
        normal,
        scale,
        weight: weight.value,
        drop,
        wanted: {
          x: pass.tracks(x),
          residual: residual !== null && pass.tracks(residual),
          weight: pass.tracks(weight),
          bias: pass.tracks(bias),
        },
      });
      return [gradients.x, gradients.weight, gradients.bias, ...(residual ? [gradients.residual] : [])];
    },
    (graph, [x, weight, bias, residual]) =>
      graph.op(
        "LayerNormalization",
        [residual === undefined ? x : graph.op("Add", [x, residual]), weight, bias],
        { axis: { int: -1 }, epsilon: { float: eps } },
      ),
  );
  tf.dispose([normal, scale]);
  return value;
}
