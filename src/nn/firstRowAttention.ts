import * as tf from "@tensorflow/tfjs-core";
import { fixed } from "../engine/recorder/recording";
import * as ops from "../ops/firstRowAttention/firstRowAttention";
import { firstRowAttentionGradients } from "../ops/firstRowAttention/firstRowAttentionGradients";
import type { AttentionOptions } from "./attention";
import type { Linear } from "./linear";
import type { Pass, Value } from "./Pass";

/**
 * What `attention` gives from one query of each text, [batch, hidden], to the keys and values that two dense layers make of the
 * text's rows `x` [batch · keys, hidden], without making them: for a last block of which the [CLS] rows alone are read.
 */
export function firstRowAttention(
  pass: Pass,
  query: Value,
  x: Value,
  key: Linear,
  value: Required<Linear>,
  { heads, mask, dropout }: AttentionOptions,
): Value {
  const parameters = {
    keyWeight: key.weight.value,
    valueWeight: value.weight.value,
    valueBias: value.bias.value,
    heads,
    drop: pass.drawDropout(dropout),
  };
  const rows = { query: query.tensor, x: x.tensor };
  const { output, weights, pooled, projected } = ops.firstRowAttention({ ...rows, ...parameters, mask });
  const y = pass.record({
    op: "firstRowAttention",
    settings: { hidden: key.weight.shape[0], heads },
    output,
    inputs: {
      query,
      x,
      keyWeight: key.weight,
      keyBias: key.bias,
      valueWeight: value.weight,
      valueBias: value.bias,
      mask,
    },
    saved(wanted) {
      const scored = wanted.query || wanted.x || wanted.keyWeight;
      return {
        weights,
        pooled,
        ...(scored ? { projected, ...rows } : { projected: null, query: null, x: null }),
      };
    },
    backward(dy, { weights, pooled, projected, query, x }, wanted, gathered) {
      const gradients = firstRowAttentionGradients({
        ...parameters,
        dy,
        weights,
        pooled,
        scored: projected ? { projected, query: query!, x: x! } : null,
        wanted,
        add: wanted.x ? gathered("x") : null,
      });
      // The keys' bias adds the same to all scores of a query, which softmax takes away again.
      return { ...gradients, keyBias: wanted.keyBias ? fixed(tf.zeros(key.bias!.shape)) : null };
    },
  });
  tf.dispose([weights, pooled, projected]);
  return y;
}
