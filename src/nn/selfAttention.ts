import * as tf from "@tensorflow/tfjs-core";
import * as ops from "../ops/attention/attention";
import { attentionGradients } from "../ops/attention/attentionGradients";
import { products } from "../ops/products/products";
import { type AttentionOptions, attentionOnnx } from "./attention";
import { type Linear, linearGradients, linearOnnx } from "./linear";
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
    dense.map(({ weight, bias }) => ({
      a: x.tensor,
      b: weight.value,
      transposeB: true,
      bias: bias.value,
    })),
  ).map(({ y }) => y!);
  const shared = { batchSize, heads, drop: pass.drawDropout(dropout) };
  const { output, weights } = ops.attention({ query, key, value, ...shared, mask });
  const made = [query, key, value, weights];
  const y = pass.record(
    output,
    [x, ...dense.flatMap(({ weight, bias }) => [weight, bias])],
    () => [...made, ...(dense.some(({ weight }) => pass.tracks(weight)) ? [x.tensor] : [])],
    (dy, [query, key, value, weights, input], gathered) =>
      selfAttentionGradients(pass, dy, { query, key, value, weights, ...shared }, { x, input, dense }, () =>
        gathered(0),
      ),
    (graph, [x, ...parameters]) => {
      const [query, key, value] = dense.map((_, i) =>
        linearOnnx(graph, [x, ...parameters.slice(2 * i, 2 * i + 2)]),
      );
      const hidden = layers.query.weight.shape[0];
      return attentionOnnx({ hidden, heads, mask: (graph) => graph.given(mask) })(graph, [query, key, value]);
    },
  );
  for (const tensor of made) tensor.dispose();
  return y;
}

/** What attention among rows saves for backward. */
export type SelfAttended = ops.Attended & { weights: tf.Tensor };

/**
 * The gradients of the rows that queries, keys and values were made of, and of the weight and bias of each of the three layers, `null`
 * where they are not wanted. `input` is the rows themselves, read only for weights; `add`, asked for once at most, is added to theirs.
 */
export function selfAttentionGradients(
  pass: Pass,
  dy: tf.Tensor,
  { weights, ...attended }: SelfAttended,
  { x, input, dense }: { x: Value; input: tf.Tensor; dense: Linear[] },
  add: () => tf.Tensor | null,
): (tf.Tensor | null)[] {
  const ofX = pass.tracks(x);
  const wanted = dense.map(({ weight, bias }) => ofX || pass.tracks(weight) || pass.tracks(bias));
  const [ofQuery, ofKey, ofValue] = wanted;
  const ofAttended = attentionGradients({
    ...attended,
    dy,
    weights,
    wanted: { query: ofQuery, key: ofKey, value: ofValue },
  });
  const gradients = [ofAttended.query, ofAttended.key, ofAttended.value];
  const toInput = (i: number) => ({
    a: gradients[i]!,
    b: dense[i].weight.value,
    ...(i === 0 ? { add: add() } : { into: 0 }),
  });
  const parts = linearGradients(
    pass,
    dense.map((dense, i) => ({
      dy: gradients[i]!,
      dense,
      toInput: ofX ? toInput(i) : null,
      input: () => ({ b: input }),
    })),
  );
  tf.dispose(gradients.filter((gradient) => gradient !== null));
  return [parts[0][0], ...parts.flatMap(([, ofWeight, ofBias]) => [ofWeight, ofBias])];
}
