import { closeSync, copyFileSync, fsyncSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bert } from "../../src/models/bert";
import { Config } from "../../src/models/Family";
import { type Initializer, initialValues } from "../../src/models/ParameterLoader";
import type { Parameter } from "../../src/nn/Parameter";
import { writeSafetensors } from "../checkpoint/writeSafetensors";

/** A checkpoint of BERT's layout and of any size, to time things with: its weights are drawn and mean nothing. Returns its parameters. */
export function randomBert(
  folder: string,
  tokenizerFrom: string,
  size: { layers: number; hidden: number },
): number {
  const { layers, hidden } = size;
  const config = {
    model_type: "bert",
    architectures: ["BertForSequenceClassification"],
    vocab_size: 30522,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: hidden / 64,
    intermediate_size: 4 * hidden,
    hidden_act: "gelu",
    max_position_embeddings: 512,
    type_vocab_size: 2,
    initializer_range: 0.02,
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
  };
  const asked: { name: string; shape: number[]; initializer: Initializer }[] = [];
  // The family says what parameters there are; nothing is computed with them here.
  bert.stages(new Config(config), 2, (name, shape, initializer) => {
    asked.push({ name, shape, initializer });
    return { name, shape } as unknown as Parameter;
  });
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
