// Clark et al. 2020. Names and order as transformers/models/electra/modeling_electra.py.
import { bertBlocks } from "./bertBlocks";
import { bertEmbeddings } from "./bertEmbeddings";
import { classifierDropout } from "./classifierDropout";
import { denseOutHead } from "./denseOutHead";
import { embeddingsStage } from "./embeddingsStage";
import { BERT_FIELDS, COUNTERS, type Family } from "./Family";
import { takeLinear } from "./takeParts";
import { tokenHead } from "./tokenHead";

export const electra: Family = {
  modelType: "electra",
  prefix: "electra",
  architecture: "ElectraForSequenceClassification",
  ignored: COUNTERS,
  obeys: [...BERT_FIELDS, "embedding_size", "classifier_dropout"],
  withoutEffect: [
    "generator_size",
    "summary_activation",
    "summary_last_dropout",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
  ],
  maxTokens: (config) => config.number("max_position_embeddings"),
  stages(config, take, head) {
    const hidden = config.number("hidden_size");
    const width = config.number("embedding_size", 128);
    const embeddings = bertEmbeddings(config, take, "electra", width);
    if (width !== hidden) embeddings.project = takeLinear(take, "electra.embeddings_project", width, hidden);
    return [embeddingsStage(embeddings), ...bertBlocks(config, take, "electra"), head()];
  },
  head: (config, numLabels, take) => denseOutHead(config, take, numLabels, "gelu"),
  tokenHead: (config, numLabels, take) => tokenHead(config, take, numLabels, classifierDropout(config)),
};
