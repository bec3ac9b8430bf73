// Lan et al. 2020. Names and order as transformers/models/albert/modeling_albert.py.
import type { PostNormParts } from "../nn/postNormLayer";
import { bertEmbeddings } from "./bertEmbeddings";
import { classificationHead } from "./classificationHead";
import { embeddingsStage } from "./embeddingsStage";
import { BERT_FIELDS, COUNTERS, type Config, type Family, type Take } from "./Family";
import { postNormBlock } from "./postNormBlock";
import { takeLinear, takeNorm } from "./takeParts";
import { tokenHead } from "./tokenHead";

const encoder = "albert.encoder";

/** Its blocks share their weights, in one group of them all as a rule, so that block 0 freezes with all of its group. */
export const albert: Family = {
  modelType: "albert",
  prefix: "albert",
  architecture: "AlbertForSequenceClassification",
  ignored: COUNTERS,
  obeys: [
    ...BERT_FIELDS,
    "embedding_size",
    "num_hidden_groups",
    "inner_group_num",
    "classifier_dropout_prob",
  ],
  maxTokens: (config) => config.number("max_position_embeddings"),
  stages(config, take, head) {
    const hidden = config.number("hidden_size");
    const width = config.number("embedding_size", 128);
    return [
      embeddingsStage({
        ...bertEmbeddings(config, take, "albert", width),
        dropout: config.number("hidden_dropout_prob", 0),
        project: takeLinear(take, `${encoder}.embedding_hidden_mapping_in`, width, hidden),
      }),
      ...blocks(config, take),
      head(),
    ];
  },
  head(config, numLabels, take) {
    const hidden = config.number("hidden_size");
    return classificationHead({
      dense: takeLinear(take, "albert.pooler", hidden, hidden),
      activation: "tanh",
      out: takeLinear(take, "classifier", hidden, numLabels),
      dropout: config.number("classifier_dropout_prob", 0.1),
    });
  },
  tokenHead: (config, numLabels, take) =>
    tokenHead(config, take, numLabels, config.number("classifier_dropout_prob", 0.1)),
};

function blocks(config: Config, take: Take) {
  const depth = config.number("num_hidden_layers");
  const groups = Array.from({ length: config.number("num_hidden_groups", 1) }, (_, g) =>
    Array.from({ length: config.number("inner_group_num", 1) }, (_, i) =>
      takeLayer(config, take, `${encoder}.albert_layer_groups.${g}.albert_layers.${i}`),
    ),
  );
  const options = {
    heads: config.number("num_attention_heads"),
    activation: config.activation("hidden_act", "gelu_new"),
    dropout: {
      weights: config.number("attention_probs_dropout_prob", 0),
      attended: config.number("hidden_dropout_prob", 0),
      output: 0,
    },
  };
  return Array.from({ length: depth }, (_, i) => {
    const group = groups[Math.floor(i / (depth / groups.length))];
    return postNormBlock(`encoder.layer.${i}`, group, options);
  });
}

function takeLayer(config: Config, take: Take, name: string): PostNormParts {
  const hidden = config.number("hidden_size");
  const inner = config.number("intermediate_size");
  const eps = config.number("layer_norm_eps", 1e-12);
  return {
    norm: takeNorm(take, `${name}.full_layer_layer_norm`, hidden, eps),
    query: takeLinear(take, `${name}.attention.query`, hidden, hidden),
    key: takeLinear(take, `${name}.attention.key`, hidden, hidden),
    value: takeLinear(take, `${name}.attention.value`, hidden, hidden),
    attended: takeLinear(take, `${name}.attention.dense`, hidden, hidden),
    attendedNorm: takeNorm(take, `${name}.attention.LayerNorm`, hidden, eps),
    intermediate: takeLinear(take, `${name}.ffn`, hidden, inner),
    output: takeLinear(take, `${name}.ffn_output`, inner, hidden),
  };
}
