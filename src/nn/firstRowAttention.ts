import * as tf from "@tensorflow/tfjs-core";
import * as ops from "../ops/firstRowAttention/firstRowAttention";
import { firstRowAttentionGradients } from "../ops/firstRowAttention/firstRowAttentionGradients";
import { type AttentionOptions, attentionOnnx } from "./attention";
import { type Linear, linearOnnx } from "./linear";
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
  value: Linear,
  { heads, mask, dropout }: AttentionOptions,
): Value {
  const parameters = {
    keyWeight: key.weight.value,
    valueWeight: value.weight.value,
    valueBias: value.bias.value,
    heads,
    drop: pass.drawDropout(dropout),
  };
  const attended = { query: query.tensor, x: x.tensor, ...parameters };
  const { output, weights, pooled, projected } = ops.firstRowAttention({ ...attended, mask });
  const y = pass.record(
    output,
    [query, x, key.weight, key.bias, value.weight, value.bias],
    () => [
      ...[weights, pooled],
      ...([query, x, key.weight].some((source) => pass.tracks(source))
        ? [projected, query.tensor, x.tensor]
        : []),
    ],
    (dy, [weights, pooled, ...scored], gathered) => {
      const wanted = {
        query: pass.tracks(query),
        x: pass.tracks(x),
        keyWeight: pass.tracks(key.weight),
        valueWeight: pass.tracks(value.weight),
        valueBias: pass.tracks(value.bias),
      };
      const gradients = firstRowAttentionGradients({
        ...parameters,
        dy,
        weights,
        pooled,
        scored: scored.length > 0 ? { projected: scored[0], query: scored[1], x: scored[2] } : null,
        wanted,
        add: wanted.x ? gathered(1) : null,
      });
      return [
        gradients.query,
        gradients.x,
        gradients.keyWeight,
        pass.tracks(key.bias) ? tf.zeros(key.bias.shape) : null,
        gradients.valueWeight,
        gradients.valueBias,
      ];
    },
    (graph, [query, x, keyWeight, keyBias, valueWeight, valueBias]) => {
      const hidden = key.weight.shape[0];
      const form = attentionOnnx({ hidden, heads, mask: (graph) => graph.given(mask) });
      const keys = linearOnnx(graph, [x, keyWeight, keyBias]);
      const values = linearOnnx(graph, [x, valueWeight, valueBias]);
      return form(graph, [query, keys, values]);
    },
  );
  tf.dispose([weights, pooled, projected]);
  return y;
}
