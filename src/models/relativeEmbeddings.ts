import * as tf from "@tensorflow/tfjs-core";
import type { RelativePositions } from "../nn/disentangledAttention";
import { embedding } from "../nn/embedding";
import { layerNorm, type Norm } from "../nn/layerNorm";
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
  rows(pass: Pass, inputs: TextInputs): { table: Value } & Pick<RelativePositions, "row" | "wholeRow">;
}

export function takeRelativeEmbeddings(config: Config, take: Take): RelativeEmbeddings {
  const buckets = config.number("position_buckets", -1);
  const most = config.number("max_relative_positions", -1);
  const positions = most < 1 ? config.number("max_position_embeddings", 512) : most;
  // Else the logarithm by which distances share buckets is none.
  if (buckets > 0 && !(buckets >= 2 && positions - 1 > Math.floor(buckets / 2)))
    throw config.unsupported(
      buckets < 2 ? "position_buckets" : "max_relative_positions",
      buckets < 2
        ? "2 or more"
        : `more than ${Math.floor(buckets / 2) + 1}, since there are ${buckets} buckets,`,
    );
  const span = buckets > 0 ? buckets : positions;
  const bucket = (distance: number) => (buckets > 0 ? logBucket(distance, buckets, positions) : distance);
  const hidden = config.number("hidden_size");
  const all = takeTable(take, "deberta.encoder.rel_embeddings", 2 * span, hidden);
  const norm = takeRelativeNorm(config, take);
  const wholeRow = (distance: number) => Math.min(Math.max(bucket(distance) + span, 0), 2 * span - 1);
  const made = new WeakMap<TextInputs, { pass: Pass; table: Value }>();
  return {
    parameters: [all, ...(norm ? [norm.weight, norm.bias] : [])],
    rows(pass, inputs) {
      const reach = bucket(inputs.sequenceLength - 1);
      const first = Math.max(0, span - reach);
      const last = Math.min(2 * span - 1, span + reach);
      const row = (distance: number) => Math.min(Math.max(bucket(distance) + span, first), last) - first;
      const kept = made.get(inputs);
      if (kept?.pass === pass) return { table: kept.table, row, wholeRow };
      // An exported model looks all of them up, since it takes texts of any length.
      const ids: tf.Tensor1D = pass.derived({
        op: "count",
        settings: { length: 2 * span },
        output: tf.range(first, last + 1, 1, "int32"),
        inputs: {},
      });
      const table = pass.shared(() => {
        const looked = embedding(pass, ids, all);
        return norm ? layerNorm(pass, looked, norm) : looked;
      });
      inputs.own(table.tensor);
      made.set(inputs, { pass, table });
      return { table, row, wholeRow };
    },
  };
}

/** The norm of these embeddings, which Python's model has where norm_rel_ebd asks for one, whether there are embeddings or not. */
export function takeRelativeNorm(config: Config, take: Take): Required<Norm> | null {
  const kinds = config.string("norm_rel_ebd", "none").toLowerCase().split("|");
  if (!kinds.some((kind) => kind.trim() === "layer_norm")) return null;
  const eps = config.number("layer_norm_eps", 1e-7);
  return takeNorm(take, "deberta.encoder.LayerNorm", config.number("hidden_size"), eps);
}
