import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../activations/activations";
import { hidingLast } from "../attention/examples";
import { drawn } from "../drawn";
import type { PostNormInputs } from "./postNormLayer";

/** As many texts as the kernel takes at least, and more, of one token and of several; with dropout and without. */
export function* layerExamples(): Iterable<{ title: string; inputs(): Omit<PostNormInputs, "saves"> }> {
  const enough = 2 * availableParallelism();
  for (const [batch, seq, hidden, heads, wide, name] of [
    [1, 3, 4, 2, 5, "gelu"],
    [enough, 5, 12, 3, 50, "gelu"],
    [enough + 3, 1, 16, 1, 70, "silu"],
    [enough + 1, 21, 48, 4, 33, "geluTanh"],
  ] as const)
    for (const dropped of [false, true])
      yield {
        title: `${batch} x ${seq}, ${heads} heads of ${hidden}, ${wide} wide, ${name}${dropped ? ", dropped" : ""}`,
        inputs() {
          let stamp = 0;
          const content = (value: tf.Tensor) => ({ value, stamp: stamp++ });
          const dense = (name: string, from: number, to: number) => ({
            weight: content(tf.mul(drawn(`${name}.weight`, to, from), 1 / Math.sqrt(from))),
            bias: content(drawn(`${name}.bias`, to)),
          });
          const norm = (name: string) => ({
            weight: content(drawn(`${name}.weight`, hidden)),
            bias: content(drawn(`${name}.bias`, hidden)),
            eps: 1e-5,
          });
          const drop = (seed: number) => (dropped ? { rate: 0.2, seed } : null);
          return {
            x: drawn("x", batch * seq, hidden),
            mask: hidingLast(batch, seq),
            layer: {
              heads,
              activation: activations[name],
              query: dense("query", hidden, hidden),
              key: dense("key", hidden, hidden),
              value: dense("value", hidden, hidden),
              attended: dense("attended", hidden, hidden),
              attendedNorm: norm("attendedNorm"),
              intermediate: dense("intermediate", hidden, wide),
              output: dense("output", wide, hidden),
              norm: norm("norm"),
            },
            drops: { weights: drop(3), attended: drop(4), output: drop(5) },
          };
        },
      };
}
