// Devlin et al. 2019. Names and order as transformers/models/bert/modeling_bert.py.
import { bertBlocks } from "./bertBlocks";
import { bertEmbeddings } from "./bertEmbeddings";
import { classificationHead } from "./classificationHead";
import { embeddingsStage } from "./embeddingsStage";
import { BERT_FIELDS, COUNTERS, type Family } from "./Family";
import { takeLinear } from "./takeParts";

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
  stages(config, numLabels, take) {
    const hidden = config.number("hidden_size");
    return [
      embeddingsStage(bertEmbeddings(config, take, "bert", hidden)),
      ...bertBlocks(config, take, "bert"),
      classificationHead({
        dense: takeLinear(take, "bert.pooler.dense", hidden, hidden),
        activation: "tanh",
        out: takeLinear(take, "classifier", hidden, numLabels),
        dropout: config.number("classifier_dropout", config.number("hidden_dropout_prob", 0.1)),
      }),
    ];
  },
};
