import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { activate } from "../nn/activate";
import { activation } from "../nn/activation";
import { layerNorm } from "../nn/layerNorm";
import { linear } from "../nn/linear";
import { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import { rowsAt } from "../nn/rowsAt";
import { Config } from "./Family";
import { type Initializer, initialValues, type TensorSource } from "./ParameterLoader";
import { initializerRange, type SequenceClassifier } from "./SequenceClassifier";
import { storedNames } from "./storedNames";
import { parametersOf, takeLinear, takeNorm } from "./takeParts";

const ROBERTA = {
  prefix: "roberta",
  dense: "lm_head.dense",
  norm: "lm_head.layer_norm",
  bias: "lm_head.bias",
};

/** Names of a family's head in its checkpoints. */
const NAMES: Record<string, { prefix: string; dense: string; norm: string; bias: string }> = {
  bert: {
    prefix: "bert",
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    bias: "cls.predictions.bias",
  },
  roberta: ROBERTA,
  "xlm-roberta": ROBERTA,
};
/** The head of BERT and RoBERTa that predicts masked tokens, its last layer tied to the word embeddings. */
export interface MaskedLmHead {
  /** Its own, without the word embeddings. The caller disposes them. */
  parameters: Parameter[];
  /** From the last hidden states [batch · seq, hidden] to the logits [places, vocabulary] of the tokens at some places. */
  forward(pass: Pass, x: Value, places: tf.Tensor1D): Value;
}

/** Made of the checkpoint's tensors where it has them, else drawn from the seed. */
export function maskedLmHead(model: SequenceClassifier, source: TensorSource, seed: number): MaskedLmHead {
  const names = NAMES[model.modelType];
  if (!names)
    throw new InputError(
      `adaptToTexts: expected a model of ${Object.keys(NAMES).join(", ")}, got ${model.modelType}, whose masked-word head is not supported yet`,
    );
  const config = new Config(model.config);
  const [hidden, vocabulary] = [config.number("hidden_size"), config.number("vocab_size")];
  const encoder = model.stages.slice(0, -1).flatMap(({ parameters }) => parameters);
  const stored = storedNames(source.tensors, encoder, names.prefix, model.folder);
  const take = (name: string, shape: number[], initializer: Initializer): Parameter => {
    const found = stored.of(name);
    const content =
      found !== undefined && tf.util.arraysEqual(source.tensors.get(found)!.shape, shape)
        ? source.stored(found)
        : tf.tensor(initialValues(name, shape, initializer, initializerRange(model.config), seed), shape);
    return new Parameter(name, content);
  };
  const dense = takeLinear(take, names.dense, hidden, hidden);
  const norm = takeNorm(take, names.norm, hidden, config.number("layer_norm_eps", 1e-12));
  const bias = take(names.bias, [vocabulary], "zeros");
  const words = model.parameter(`${names.prefix}.embeddings.word_embeddings.weight`);
  const f = model.modelType === "bert" ? config.activation("hidden_act", "gelu") : activation("gelu");
  return {
    parameters: [...parametersOf({ dense, norm }), bias],
    forward(pass, x, places) {
      const h = layerNorm(pass, activate(pass, linear(pass, rowsAt(pass, x, places), dense), f), norm);
      return linear(pass, h, { weight: words, bias });
    },
  };
}
