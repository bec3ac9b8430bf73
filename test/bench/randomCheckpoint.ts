import { closeSync, copyFileSync, fsyncSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Config, type Take } from "../../src/models/Family";
import { familyOf } from "../../src/models/families";
import { type Initializer, initialValues } from "../../src/models/ParameterLoader";
import type { Parameter } from "../../src/nn/Parameter";
import { writeSafetensors } from "../checkpoint/writeSafetensors";

/** What a random checkpoint is like: of base width, with 12 blocks, unless it says otherwise. */
export interface Size {
  layers: number;
  hidden: number;
  /** Its `model_type`. Default: "bert". */
  family?: keyof typeof FIELDS;
}

/** What the published checkpoints of each family have in their configs besides sizes. */
const FIELDS = {
  bert: { type_vocab_size: 2, layer_norm_eps: 1e-12 },
  roberta: { type_vocab_size: 1, layer_norm_eps: 1e-5, max_position_embeddings: 514, pad_token_id: 1 },
  "deberta-v2": {
    type_vocab_size: 0,
    layer_norm_eps: 1e-7,
    relative_attention: true,
    position_buckets: 256,
    max_relative_positions: -1,
    pos_att_type: ["p2c", "c2p"],
    share_att_key: true,
    norm_rel_ebd: "layer_norm",
    position_biased_input: false,
    pooler_hidden_act: "gelu",
    pooler_dropout: 0,
  },
  // Of its feed-forward either half is 1.5 times as wide as the rows; dropout is off.
  modernbert: {
    hidden_activation: "gelu",
    attention_dropout: 0,
    mlp_dropout: 0,
    embedding_dropout: 0,
    classifier_pooling: "mean",
    global_attn_every_n_layers: 3,
    local_attention: 128,
    norm_eps: 1e-5,
    ...{ bos_token_id: 101, cls_token_id: 101, eos_token_id: 102, sep_token_id: 102 },
  },
};

const ARCHITECTURES = {
  bert: "Bert",
  roberta: "Roberta",
  "deberta-v2": "DebertaV2",
  modernbert: "ModernBert",
};

/** A checkpoint of a family's layout and of any size, to time things with: its weights are drawn and mean nothing. Returns its parameters. */
export function randomCheckpoint(
  folder: string,
  tokenizerFrom: string,
  { layers, hidden, family = "bert" }: Size,
): number {
  const shared = {
    model_type: family,
    architectures: [`${ARCHITECTURES[family]}ForSequenceClassification`],
    vocab_size: 30522,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: hidden / 64,
    intermediate_size: (family === "modernbert" ? 1.5 : 4) * hidden,
    max_position_embeddings: 512,
    initializer_range: 0.02,
    pad_token_id: 0,
  };
  const dropout = { hidden_act: "gelu", hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 };
  const config = { ...shared, ...(family !== "modernbert" && dropout), ...FIELDS[family] };
  const asked: { name: string; shape: number[]; initializer: Initializer }[] = [];
  // The family says what parameters there are; nothing is computed with them here.
  const layout = familyOf(config, folder);
  const fields = new Config(config);
  const take: Take = (name, shape, initializer) => {
    asked.push({ name, shape, initializer });
    return { name, shape } as unknown as Parameter;
  };
  layout.stages(fields, take, () => layout.head(fields, 2, take));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(tokenizerFrom, name), join(folder, name));
  const weights = join(folder, "model.safetensors");
  writeSafetensors(
    weights,
    asked.map(({ name, shape, initializer }) => ({
      name,
      shape,
      data: () => initialValues(name, shape, initializer, 0.02, 0),
    })),
  );
  // What is timed next shall not share the disk with the writing of this.
  const file = openSync(weights, "r");
  fsyncSync(file);
  closeSync(file);
  return asked.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
