// Liu et al. 2019. Names and order as transformers/models/roberta/modeling_roberta.py.
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../nn/Pass";
import type { Stage } from "../nn/Stage";
import { bertBlocks } from "./bertBlocks";
import { classifierDropout } from "./classifierDropout";
import { denseOutHead } from "./denseOutHead";
import { embeddingsStage } from "./embeddingsStage";
import { BERT_FIELDS, COUNTERS, type Config, type Family, type Take } from "./Family";
import { takeNorm, takeTable } from "./takeParts";
import type { TextInputs } from "./textInputs";
import { tokenHead } from "./tokenHead";

export const roberta: Family = {
  modelType: "roberta",
  prefix: "roberta",
  architecture: "RobertaForSequenceClassification",
  ignored: COUNTERS,
  obeys: [...BERT_FIELDS, "pad_token_id", "classifier_dropout"],
  // Positions count from the padding's id on, which is the row of all padding.
  maxTokens: (config) => config.number("max_position_embeddings") - paddingId(config) - 1,
  stages: (config, take, head) => [...robertaEncoder(config, take), head()],
  head: (config, numLabels, take) => denseOutHead(config, take, numLabels, "tanh"),
  tokenHead: (config, numLabels, take) => tokenHead(config, take, numLabels, classifierDropout(config)),
};

/** Embeddings and blocks. */
export function robertaEncoder(config: Config, take: Take): Stage<TextInputs>[] {
  const name = "roberta.embeddings";
  const hidden = config.number("hidden_size");
  const padding = paddingId(config);
  const table = (table: string, entries: number) =>
    takeTable(take, `${name}.${table}_embeddings`, entries, hidden);
  return [
    embeddingsStage({
      words: table("word", config.number("vocab_size")),
      types: table("token_type", config.number("type_vocab_size", 2)),
      norm: takeNorm(take, `${name}.LayerNorm`, hidden, config.number("layer_norm_eps", 1e-12)),
      positions: table("position", config.number("max_position_embeddings")),
      positionIds: (pass, inputs) => positionIds(pass, inputs, padding),
      dropout: config.number("hidden_dropout_prob", 0.1),
    }),
    ...bertBlocks(config, take, "roberta"),
  ];
}

const paddingId = (config: Config) => config.number("pad_token_id", 1);

/** padding + 1, padding + 2, … over what is no padding; `padding` for what is, as in `create_position_ids_from_input_ids`. */
function positionIds(pass: Pass, inputs: TextInputs, padding: number): tf.Tensor1D {
  const { inputIds, batchSize, sequenceLength } = inputs;
  const ids: tf.Tensor1D = tf.tidy(() => {
    const start = tf.scalar(padding, "int32");
    const seen = tf.reshape(tf.cast(tf.notEqual(inputIds, start), "int32"), [batchSize, sequenceLength]);
    return tf.reshape(tf.add(tf.mul(tf.cumsum(seen, 1), seen), start), [-1]);
  });
  return pass.derived({
    op: "positionsPastPadding",
    settings: { padding },
    output: ids,
    inputs: { inputIds },
  });
}
