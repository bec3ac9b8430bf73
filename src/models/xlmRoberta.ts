// Conneau et al. 2020. RoBERTa under its own names, but for the head, which
// transformers/models/xlm_roberta/modeling_xlm_roberta.py lists first.
import type { Family } from "./Family";
import { roberta, robertaEncoder } from "./roberta";

export const xlmRoberta: Family = {
  ...roberta,
  modelType: "xlm-roberta",
  architecture: "XLMRobertaForSequenceClassification",
  stages(config, take, head) {
    const last = head();
    return [...robertaEncoder(config, take), last];
  },
};
