import * as tf from "@tensorflow/tfjs-core";
import { embedding } from "../nn/embedding";
import { layerNorm } from "../nn/layerNorm";
import type { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import type { Config, Take } from "./Family";
import { logBucket } from "./logBucket";
import { takeNorm, takeTable } from "./takeParts";
import type { TextInputs } from "./textInputs";

/** What the blocks share: an embedding of each relative position they tell apart. */
export interface RelativeEmbeddings {
  parameters: Parameter[];
  /** The normed embeddings of those that a batch needs, made once for all blocks, and which row stands for which distance. */
  rows(pass: Pass, inputs: TextInputs): { table: Value; row: (distance: number) => number };
}

export function takeRelativeEmbeddings(config: Config, take: Take): RelativeEmbeddings {
  const buckets = config.number("position_buckets", -1);
  const most = config.number("max_relative_positions", -1);
  const positions = most < 1 ? config.number("max_position_embeddings", 512) : most;
  const span = buckets > 0 ? buckets : positions;
  const bucket = (distance: number) => (buckets > 0 ? logBucket(distance, buckets, positions) : distance);
  const normed = config
    .string("norm_rel_ebd", "none")
    .toLowerCase()
    .split("|")
    .some((kind) => kind.trim() === "layer_norm");
  const hidden = config.number("hidden_size");
  const all = takeTable(take, "deberta.encoder.rel_embeddings", 2 * span, hidden);
  const norm = normed
    ? takeNorm(take, "deberta.encoder.LayerNorm", hidden, config.number("layer_norm_eps", 1e-7))
    : null;
  const made = new WeakMap<TextInputs, { pass: Pass; table: Value }>();
  return {
    parameters: [all, ...(norm ? [norm.weight, norm.bias] : [])],
    rows(pass, inputs) {
      const reach = bucket(inputs.sequenceLength - 1);
      const first = Math.max(0, span - reach);
      const last = Math.min(2 * span - 1, span + reach);
      const row = (distance: number) => Math.min(Math.max(bucket(distance) + span, first), last) - first;
      const kept = made.get(inputs);
      if (kept?.pass === pass) return { table: kept.table, row };
      const ids = tf.range(first, last + 1, 1, "int32");
      const table = pass.shared(() => {
        const looked = embedding(pass, ids, all);
        return norm ? layerNorm(pass, looked, norm) : looked;
      });
      inputs.own(table.tensor);
      made.set(inputs, { pass, table });
      return { table, row };
    },
  };
}
