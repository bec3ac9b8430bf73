// Devlin et al. 2019. Names and order as transformers/models/bert/modeling_bert.py.
import { bertBlocks } from "./bertBlocks";
import { bertEmbeddings } from "./bertEmbeddings";
import { classificationHead } from "./classificationHead";
import { classifierDropout } from "./classifierDropout";
import { embeddingsStage } from "./embeddingsStage";
import { BERT_FIELDS, COUNTERS, type Family } from "./Family";
import { takeLinear } from "./takeParts";
import { tokenHead } from "./tokenHead";

export const bert: Family = {
  modelType: "bert",
  prefix: "bert",
  architecture: "BertForSequenceClassification",
  ignored: COUNTERS,
  obeys: [...BERT_FIELDS, "classifier_dropout"],
  withoutEffect: [
    "directionality",
    "pooler_fc_size",
    "pooler_num_attention_heads",
    "pooler_num_fc_layers",
    "pooler_size_per_head",
    "pooler_type",
  ],
  maxTokens: (config) => config.number("max_position_embeddings"),
  stages: (config, take, head) => [
    embeddingsStage(bertEmbeddings(config, take, "bert", config.number("hidden_size"))),
    ...bertBlocks(config, take, "bert"),
    head(),
  ],
  head(config, numLabels, take) {
    const hidden = config.number("hidden_size");
    return classificationHead({
      dense: takeLinear(take, "bert.pooler.dense", hidden, hidden),
      activation: "tanh",
      out: takeLinear(take, "classifier", hidden, numLabels),
      dropout: classifierDropout(config),
    });
  },
  tokenHead: (config, numLabels, take) => tokenHead(config, take, numLabels, classifierDropout(config)),
};
