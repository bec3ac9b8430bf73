import * as tf from "@tensorflow/tfjs-core";
import type { Dropout } from "../ops/dropoutMask/dropoutMask";
import * as ops from "../ops/layerNorm/layerNorm";
import { layerNormGradients } from "../ops/layerNorm/layerNormGradients";
import { matchingRows } from "./matchingRows";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** [width] each; the bias where it has one. */
export interface Norm {
  weight: Parameter;
  bias?: Parameter;
  eps: number;
}

/** Layer normalisation over the last axis (Ba, Kiros and Hinton 2016): [rows, width] → [rows, width]. */
export function layerNorm(pass: Pass, x: Value, norm: Norm): Value {
  return normalized(pass, x, null, null, norm);
}

/** LayerNorm(dropout(x) + residual), the end of each half of a post-norm block: as one op it saves neither the mask nor the sum. */
export function residualNorm(pass: Pass, x: Value, rate: number, residual: Value, norm: Norm): Value {
  const [left, right] = matchingRows(pass, x, residual);
  return normalized(pass, left, right, pass.drawDropout(rate), norm);
}

function normalized(pass: Pass, x: Value, residual: Value | null, drop: Dropout | null, norm: Norm): Value {
  const { weight, bias, eps } = norm;
  const { y, normal, scale } = ops.layerNorm({
    x: x.tensor,
    drop,
    residual: residual?.tensor,
    weight: weight.value,
    bias: bias?.value,
    eps,
  });
  const value = pass.record({
    op: "layerNorm",
    settings: { eps },
    output: y,
    inputs: { x, weight, bias, residual },
    // The gradient of the bias alone is a sum.
    saved: ({ x, residual, weight }) =>
      x || residual || weight ? { normal, scale } : { normal: null, scale: null },
    backward: (dy, { normal, scale }, wanted, gathered) =>
      layerNormGradients({
        dy,
        normal: normal!,
        scale: scale!,
        weight: weight.value,
        drop,
        wanted,
        add: wanted.x ? gathered("x") : null,
      }),
  });
  tf.dispose([normal, scale]);
  return value;
}
