import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { AutoModelForImageClassification } from "../../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../../../src/checkpoint/AutoModelForSequenceClassification";
import { mutatedJson } from "../mutated";
import type { Files, Target } from "../Target";

const models = join(__dirname, "../../fixtures/models");
const fileOf = (name: string, file: string) => readFileSync(join(models, name, file));

const mutatedConfig = (names: string[]): fc.Arbitrary<Files> =>
  fc.oneof(
    ...names.map((name) => {
      const weights = fileOf(name, "model.safetensors");
      return mutatedJson([fileOf(name, "config.json")]).map((config) => ({
        "config.json": config,
        "model.safetensors": weights,
      }));
    }),
  );

const quiet = { log: () => {} };
const TEXT = [
  "albert",
  "bert",
  "deberta-v2",
  "distilbert",
  "electra",
  "modernbert",
  "roberta",
  "xlm-roberta",
];

export const configTarget: Target = {
  name: "config",
  cases: mutatedConfig(TEXT),
  // Some name no file: whoever wrote numLabels or classes would have to change these.
  namesNoFile: true,
  async read(folder) {
    (await AutoModelForSequenceClassification.fromPretrained(folder, quiet)).dispose();
  },
};

export const imageConfigTarget: Target = {
  name: "imageConfig",
  cases: mutatedConfig(["resnet18-narrow"]),
  namesNoFile: true,
  async read(folder) {
    (await AutoModelForImageClassification.fromPretrained(folder, quiet)).dispose();
  },
};

const MODULES = Buffer.from(
  JSON.stringify([
    { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
    { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
  ]),
);
const POOLING = Buffer.from(
  JSON.stringify({
    word_embedding_dimension: 32,
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: true,
  }),
);

export const sentenceTarget: Target = {
  name: "sentence",
  cases: fc
    .tuple(
      mutatedJson([MODULES]),
      mutatedJson([POOLING]),
      mutatedJson([Buffer.from('{"max_seq_length":256}')]),
      fc.nat({ max: 2 }),
    )
    .map(([modules, pooling, config, which]) => ({
      "config.json": fileOf("bert", "config.json"),
      "model.safetensors": fileOf("bert", "model.safetensors"),
      "modules.json": which === 0 ? modules : MODULES,
      "1_Pooling/config.json": which === 1 ? pooling : POOLING,
      "sentence_bert_config.json": which === 2 ? config : Buffer.from('{"max_seq_length":256}'),
    })),
  async read(folder) {
    (await AutoModelForSequenceClassification.fromPretrained(folder, quiet)).dispose();
  },
};
