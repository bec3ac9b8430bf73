import type { Stage } from "../nn/Stage";
import type { Config, Take } from "./Family";
import { postNormBlock } from "./postNormBlock";
import { takeLinear, takeNorm } from "./takeParts";
import type { TextInputs } from "./textInputs";

/** The blocks of BERT and of those that kept its names and their order. */
export function bertBlocks(config: Config, take: Take, prefix: string): Stage<TextInputs>[] {
  const depth = config.number("num_hidden_layers");
  const hidden = config.number("hidden_size");
  const inner = config.number("intermediate_size");
  const eps = config.number("layer_norm_eps", 1e-12);
  const rate = config.number("hidden_dropout_prob", 0.1);
  const options = {
    heads: config.number("num_attention_heads"),
    activation: config.activation("hidden_act", "gelu"),
    dropout: {
      weights: config.number("attention_probs_dropout_prob", 0.1),
      attended: rate,
      output: rate,
    },
  };
  return Array.from({ length: depth }, (_, i) => {
    const stage = `encoder.layer.${i}`;
    const name = `${prefix}.${stage}`;
    const parts = {
      query: takeLinear(take, `${name}.attention.self.query`, hidden, hidden),
      key: takeLinear(take, `${name}.attention.self.key`, hidden, hidden),
      value: takeLinear(take, `${name}.attention.self.value`, hidden, hidden),
      attended: takeLinear(take, `${name}.attention.output.dense`, hidden, hidden),
      attendedNorm: takeNorm(take, `${name}.attention.output.LayerNorm`, hidden, eps),
      intermediate: takeLinear(take, `${name}.intermediate.dense`, hidden, inner),
      output: takeLinear(take, `${name}.output.dense`, inner, hidden),
      norm: takeNorm(take, `${name}.output.LayerNorm`, hidden, eps),
    };
    return postNormBlock(stage, [parts], options);
  });
}
