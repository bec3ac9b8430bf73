import type * as tf from "@tensorflow/tfjs-core";
import { add, dropout } from "../nn/elementwise";
import { embedding } from "../nn/embedding";
import { type Norm, residualNorm } from "../nn/layerNorm";
import { type Linear, linear } from "../nn/linear";
import type { Parameter } from "../nn/Parameter";
import type { Pass } from "../nn/Pass";
import type { Stage } from "../nn/Stage";
import type { TextInputs } from "./textInputs";

export interface Embeddings {
  /** [vocabulary, width] */
  words: Parameter;
  /** [positions, width] */
  positions: Parameter;
  /** [types, width], in families that tell first texts from second ones */
  types?: Parameter;
  norm: Required<Norm>;
  dropout: number;
  /** From the embeddings' width to the blocks', where the two differ. */
  project?: Required<Linear>;
  /** Each token's row in `positions`, [batch · seq]; its place in the row unless said otherwise. */
  positionIds?: (pass: Pass, inputs: TextInputs) => tf.Tensor1D;
}

/** Words, positions and token types looked up, added and normed. */
export function embeddingsStage(parts: Embeddings): Stage<TextInputs> {
  const { words, positions, types, norm, project } = parts;
  const tables = [words, positions, ...(types ? [types] : [])];
  return {
    name: "embeddings",
    parameters: [...tables, norm.weight, norm.bias, ...(project ? [project.weight, project.bias] : [])],
    tables,
    forward(pass, inputs) {
      const word = embedding(pass, inputs.inputIds, words);
      const typed = types ? add(pass, word, embedding(pass, inputs.tokenTypeIds, types)) : word;
      const places = parts.positionIds?.(pass, inputs) ?? inputs.positionIds;
      const placed = residualNorm(pass, typed, 0, embedding(pass, places, positions), norm);
      const x = dropout(pass, placed, parts.dropout);
      return project ? linear(pass, x, project) : x;
    },
  };
}
