import { join } from "node:path";
import { configFile, readJsonObject } from "../../src/checkpoint/modelFiles";
import { familyOf } from "../../src/models/families";
import { fixture } from "../models/againstPyTorch";

/** Every name that families have for a dropout. */
const RATES = [
  ...["hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout_prob", "pooler_dropout"],
  ...["dropout", "attention_dropout", "seq_classif_dropout"],
  ...["embedding_dropout", "mlp_dropout", "classifier_dropout"],
];

/** The fields that give a fixture's family a rate of 0.1 wherever it drops. */
export function dropoutRates(name: string): Record<string, number> {
  const config = readJsonObject(join(fixture(name).folder, configFile));
  const { obeys } = familyOf(config, name);
  return Object.fromEntries(RATES.filter((rate) => obeys.includes(rate)).map((rate) => [rate, 0.1]));
}

/** A fixture of each family, and of each kind of attention that one has. */
export const FAMILIES = [
  ...["bert", "roberta", "xlm-roberta", "distilbert", "electra", "albert", "modernbert", "modernbert-mean"],
  ...["deberta-v2", "deberta-v2-convolution", "deberta-v2-own-positions", "deberta-v2-content-position"],
];
