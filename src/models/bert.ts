// Devlin et al. 2019. Names and order as transformers/models/bert/modeling_bert.py.
import { activatedLinear } from "../nn/activatedLinear";
import { activation } from "../nn/activation";
import { attention } from "../nn/attention";
import { add, dropout, tanh } from "../nn/elementwise";
import { embedding, firstRows } from "../nn/embedding";
import { layerNorm, type Norm } from "../nn/layerNorm";
import { type Linear, linear } from "../nn/linear";
import type { Parameter } from "../nn/Parameter";
import type { Stage } from "../nn/Stage";
import type { Config, Family, Take } from "./Family";
import type { TextInputs } from "./textInputs";

export const bert: Family = {
  modelType: "bert",
  prefix: "bert",
  architecture: "BertForSequenceClassification",
  exportsOnnx: true,
  maxTokens: (config) => config.number("max_position_embeddings"),
  stages(config, numLabels, take) {
    const depth = config.number("num_hidden_layers");
    return [
      embeddings(config, take),
      ...Array.from({ length: depth }, (_, i) => block(config, take, i, i === depth - 1)),
      head(config, take, numLabels),
    ];
  },
};

function embeddings(config: Config, take: Take): Stage<TextInputs> {
  const name = "bert.embeddings";
  const hidden = config.number("hidden_size");
  const words = take(`${name}.word_embeddings.weight`, [config.number("vocab_size"), hidden], "normal");
  const position = take(
    `${name}.position_embeddings.weight`,
    [config.number("max_position_embeddings"), hidden],
    "normal",
  );
  const types = take(
    `${name}.token_type_embeddings.weight`,
    [config.number("type_vocab_size", 2), hidden],
    "normal",
  );
  const norm = takeNorm(config, take, `${name}.LayerNorm`);
  const rate = config.number("hidden_dropout_prob", 0.1);
  return {
    name: "embeddings",
    parameters: [words, position, types, norm.weight, norm.bias],
    forward(pass, inputs) {
      const sum = add(
        pass,
        add(pass, embedding(pass, inputs.inputIds, words), embedding(pass, inputs.tokenTypeIds, types)),
        embedding(pass, inputs.positionIds, position),
      );
      return dropout(pass, layerNorm(pass, sum, norm), rate);
    },
  };
}

function block(config: Config, take: Take, index: number, last: boolean): Stage<TextInputs> {
  const name = `bert.encoder.layer.${index}`;
  const hidden = config.number("hidden_size");
  const wide = config.number("intermediate_size");
  const heads = config.number("num_attention_heads");
  const query = takeLinear(take, `${name}.attention.self.query`, hidden, hidden);
  const key = takeLinear(take, `${name}.attention.self.key`, hidden, hidden);
  const value = takeLinear(take, `${name}.attention.self.value`, hidden, hidden);
  const attended = takeLinear(take, `${name}.attention.output.dense`, hidden, hidden);
  const attendedNorm = takeNorm(config, take, `${name}.attention.output.LayerNorm`);
  const widen = takeLinear(take, `${name}.intermediate.dense`, hidden, wide);
  const narrow = takeLinear(take, `${name}.output.dense`, wide, hidden);
  const norm = takeNorm(config, take, `${name}.output.LayerNorm`);
  const f = activation(config.string("hidden_act", "gelu"));
  const hiddenDropout = config.number("hidden_dropout_prob", 0.1);
  const attentionDropout = config.number("attention_probs_dropout_prob", 0.1);
  return {
    name: `encoder.layer.${index}`,
    parameters: [query, key, value, attended, attendedNorm, widen, narrow, norm].flatMap(parametersOf),
    forward(pass, inputs, x) {
      const { batchSize, mask, everyRow } = inputs;
      // Only the [CLS] rows of the last block are read: they need all keys and values, and nothing else of the other rows.
      const rows = last && !everyRow ? firstRows(pass, x!, batchSize) : x!;
      const context = attention(
        pass,
        linear(pass, rows, query),
        linear(pass, x!, key),
        linear(pass, x!, value),
        { batchSize, heads, mask, dropout: attentionDropout },
      );
      const a = dropout(pass, linear(pass, context, attended), hiddenDropout);
      const h = layerNorm(pass, add(pass, a, rows), attendedNorm);
      const b = dropout(pass, activatedLinear(pass, linear(pass, h, widen), f, narrow), hiddenDropout);
      return layerNorm(pass, add(pass, b, h), norm);
    },
  };
}

function head(config: Config, take: Take, numLabels: number): Stage<TextInputs> {
  const hidden = config.number("hidden_size");
  const pooler = takeLinear(take, "bert.pooler.dense", hidden, hidden);
  const classifier = takeLinear(take, "classifier", hidden, numLabels);
  const rate = config.number("classifier_dropout", config.number("hidden_dropout_prob", 0.1));
  return {
    name: "head",
    parameters: [pooler, classifier].flatMap(parametersOf),
    forward(pass, inputs, x) {
      const pooled = tanh(pass, linear(pass, firstRows(pass, x!, inputs.batchSize), pooler));
      return linear(pass, dropout(pass, pooled, rate), classifier);
    },
  };
}

const takeLinear = (take: Take, name: string, from: number, to: number): Linear => ({
  weight: take(`${name}.weight`, [to, from], "normal"),
  bias: take(`${name}.bias`, [to], "zeros"),
});

const takeNorm = (config: Config, take: Take, name: string): Norm => ({
  weight: take(`${name}.weight`, [config.number("hidden_size")], "ones"),
  bias: take(`${name}.bias`, [config.number("hidden_size")], "zeros"),
  eps: config.number("layer_norm_eps", 1e-12),
});

const parametersOf = ({ weight, bias }: Linear | Norm): Parameter[] => [weight, bias];
