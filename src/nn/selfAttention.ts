import { products } from "../engine/product";
import {
  scaledDotProductAttention,
  scaledDotProductAttentionGradients,
} from "../engine/scaledDotProductAttention";
import { type AttentionOptions, attentionOnnx } from "./attention";
import { type Linear, linearGradients, linearOnnx } from "./linear";
import type { Pass, Value } from "./Pass";

/**
 * `attention` among the rows of each text: queries, keys and values are what three dense layers make of the same `x`
 * [batch · seq, in]; gives [batch · seq, hidden]. As one op it multiplies by the three at once, there and back.
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
  const { output, weights } = scaledDotProductAttention({ query, key, value, ...shared }, mask);
  const made = [query, key, value, weights];
  const y = pass.record(
    output,
    [x, ...dense.flatMap(({ weight, bias }) => [weight, bias])],
    () => [...made, ...(dense.some(({ weight }) => pass.tracks(weight)) ? [x.tensor] : [])],
    (dy, [query, key, value, weights, input], gathered) => {
      const ofX = pass.tracks(x);
      const wanted = dense.map(({ weight, bias }) => ofX || pass.tracks(weight) || pass.tracks(bias));
      const gradients = scaledDotProductAttentionGradients(
        dy,
        { query, key, value, ...shared },
        weights,
        wanted,
      );
      const backs = dense.map((dense, i) => ({
        dy: gradients[i]!,
        dense,
        toInput: ofX
          ? { a: gradients[i]!, b: dense.weight.value, ...(i === 0 ? { add: gathered(0) } : { into: 0 }) }
          : null,
        input: () => ({ b: input }),
      }));
      const parts = linearGradients(pass, backs);
      return [parts[0][0], ...parts.flatMap(([, ofWeight, ofBias]) => [ofWeight, ofBias])];
    },
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
