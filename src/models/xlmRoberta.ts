// Conneau et al. 2020. RoBERTa under its own names, but for the head, which
// transformers/models/xlm_roberta/modeling_xlm_roberta.py lists first.
import { denseOutHead } from "./denseOutHead";
import type { Family } from "./Family";
import { roberta, robertaEncoder } from "./roberta";

export const xlmRoberta: Family = {
  ...roberta,
  modelType: "xlm-roberta",
  architecture: "XLMRobertaForSequenceClassification",
  stages(config, numLabels, take) {
    const head = denseOutHead(config, take, numLabels, "tanh");
    return [...robertaEncoder(config, take), head];
  },
};
