// Devlin et al. 2019. Names and order as transformers/models/bert/modeling_bert.py.
import { bertBlocks } from "./bertBlocks";
import { bertEmbeddings } from "./bertEmbeddings";
import { classificationHead } from "./classificationHead";
import { embeddingsStage } from "./embeddingsStage";
import { COUNTERS, type Family } from "./Family";
import { takeLinear } from "./takeParts";

export const bert: Family = {
  modelType: "bert",
  prefix: "bert",
  architecture: "BertForSequenceClassification",
  ignored: COUNTERS,
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
