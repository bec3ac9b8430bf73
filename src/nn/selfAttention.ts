import * as tf from "@tensorflow/tfjs-core";
import * as ops from "../ops/attention/attention";
import { attentionGradients } from "../ops/attention/attentionGradients";
import { products } from "../ops/products/products";
import type { AttentionOptions } from "./attention";
import { type Linear, linearGradients } from "./linear";
import type { Pass, Value } from "./Pass";

/**
 * `attention` among the rows of each text: queries, keys and values are what three dense layers make of the same `x`
 * [batch · seq, in]; gives [batch · seq, hidden]. As one op it multiplies by the three at once, forward and backward.
 */
export function selfAttention(
  pass: Pass,
  x: Value,
  layers: { query: Linear; key: Linear; value: Linear },
  { batchSize, heads, mask, dropout }: AttentionOptions,
): Value {
  const dense = [layers.query, layers.key, layers.value];
  const [query, key, value] = products(
    dense.map(({ weight, bias }) => ({ a: x.tensor, b: weight.value, transposeB: true, bias: bias?.value })),
  ).map(({ y }) => y!);
  const options = { batchSize, heads, drop: pass.drawDropout(dropout) };
  const { output, weights } = ops.attention({ query, key, value, ...options, mask });
  const made = { query, key, value, weights };
  const y = pass.record({
    op: "selfAttention",
    settings: { hidden: layers.query.weight.shape[0], heads },
    output,
    inputs: {
      x,
      queryWeight: layers.query.weight,
      queryBias: layers.query.bias,
      keyWeight: layers.key.weight,
      keyBias: layers.key.bias,
      valueWeight: layers.value.weight,
      valueBias: layers.value.bias,
      mask,
    },
    saved: (wanted) => ({
      ...made,
      x: wanted.queryWeight || wanted.keyWeight || wanted.valueWeight ? x.tensor : null,
    }),
    backward(dy, { x: input, weights, ...saved }, wanted, gathered) {
      const each = [
        { weight: wanted.queryWeight, bias: wanted.queryBias },
        { weight: wanted.keyWeight, bias: wanted.keyBias },
        { weight: wanted.valueWeight, bias: wanted.valueBias },
      ];
      const [ofQuery, ofKey, ofValue] = each.map(({ weight, bias }) => wanted.x || weight || bias);
      const attended = attentionGradients({
        ...saved,
        ...options,
        weights,
        dy,
        wanted: { query: ofQuery, key: ofKey, value: ofValue },
      });
      const gradients = [attended.query, attended.key, attended.value];
      // The three gradients of x are added up into the first.
      const toInput = (i: number) => ({
        a: gradients[i]!,
        b: dense[i].weight.value,
        ...(i === 0 ? { add: gathered("x") } : { into: 0 }),
      });
      const [q, k, v] = linearGradients(
        each.map((wantedOf, i) => ({
          dy: gradients[i]!,
          wanted: wantedOf,
          toInput: wanted.x ? toInput(i) : null,
          input: () => ({ b: input! }),
        })),
      );
      tf.dispose(gradients.filter((gradient) => gradient !== null));
      return {
        x: q.x,
        queryWeight: q.weight,
        queryBias: q.bias,
        keyWeight: k.weight,
        keyBias: k.bias,
        valueWeight: v.weight,
        valueBias: v.bias,
      };
    },
  });
  tf.dispose(made);
  return y;
}
