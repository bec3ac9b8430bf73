import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { activate } from "../nn/activate";
import { activation } from "../nn/activation";
import { columns } from "../nn/columns";
import { layerNorm, type Norm } from "../nn/layerNorm";
import { type Linear, linear } from "../nn/linear";
import { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import { rowsAt } from "../nn/rowsAt";
import { Config } from "./Family";
import { type Initializer, initialValues, type TensorSource } from "./ParameterLoader";
import { initializerRange, type SequenceClassifier } from "./SequenceClassifier";
import { storedNames } from "./storedNames";
import { parametersOf, takeLinear, takeNorm } from "./takeParts";

/** Where a family's checkpoints have the parts of its head, and the word embeddings that its last layer shares. */
interface Layout {
  prefix: string;
  dense: string;
  norm: string;
  bias: string;
  words?: string;
  /** The field of the activation between them; always GELU where there is none. */
  activation?: string;
}

const BERT: Layout = {
  prefix: "bert",
  dense: "cls.predictions.transform.dense",
  norm: "cls.predictions.transform.LayerNorm",
  bias: "cls.predictions.bias",
  activation: "hidden_act",
};
const ROBERTA: Layout = {
  prefix: "roberta",
  dense: "lm_head.dense",
  norm: "lm_head.layer_norm",
  bias: "lm_head.bias",
};

/** By family; the first layout that a checkpoint has counts, else the first of all. */
const LAYOUTS: Record<string, readonly Layout[]> = {
  bert: [BERT],
  roberta: [ROBERTA],
  "xlm-roberta": [ROBERTA],
  distilbert: [
    {
      prefix: "distilbert",
      dense: "vocab_transform",
      norm: "vocab_layer_norm",
      bias: "vocab_projector.bias",
      activation: "activation",
    },
  ],
  albert: [
    {
      prefix: "albert",
      dense: "predictions.dense",
      norm: "predictions.LayerNorm",
      bias: "predictions.bias",
      activation: "hidden_act",
    },
  ],
  modernbert: [
    {
      prefix: "model",
      dense: "head.dense",
      norm: "head.norm",
      bias: "decoder.bias",
      words: "model.embeddings.tok_embeddings.weight",
      activation: "classifier_activation",
    },
  ],
  "deberta-v2": [
    { ...BERT, prefix: "deberta" },
    // As Microsoft published them.
    {
      ...BERT,
      prefix: "deberta",
      dense: "lm_predictions.lm_head.dense",
      norm: "lm_predictions.lm_head.LayerNorm",
      bias: "lm_predictions.lm_head.bias",
    },
  ],
};

/** A head that predicts masked tokens, its last layer tied to the word embeddings. */
export interface MaskedLmHead {
  /** Its own, without the word embeddings. The caller disposes them. */
  parameters: Parameter[];
  /**
   * From what the last block gives, [batch · seq, hidden] or several layers side by side, the newest first, to the logits
   * [places, vocabulary] of the tokens at some places.
   */
  forward(pass: Pass, x: Value, places: tf.Tensor1D): Value;
}

/** Made of the checkpoint's tensors where it has them, else drawn from the seed. */
export function maskedLmHead(model: SequenceClassifier, source: TensorSource, seed: number): MaskedLmHead {
  const layouts = LAYOUTS[model.modelType];
  if (!layouts)
    throw new InputError(
      `adaptToTexts: expected a model of ${Object.keys(LAYOUTS).join(", ")}, got ${model.modelType}${model.modelType === "electra" ? ", which was trained to tell replaced words, not to predict masked ones" : ", whose masked-word head is not supported yet"}`,
    );
  const config = new Config(model.config);
  const encoder = model.stages.slice(0, -1).flatMap(({ parameters }) => parameters);
  const stored = storedNames(source.tensors, encoder, layouts[0].prefix, model.folder);
  const layout = layouts.find(({ bias }) => stored.of(bias) !== undefined) ?? layouts[0];
  const take = (name: string, shape: number[], initializer: Initializer): Parameter => {
    const found = stored.of(name);
    const content =
      found !== undefined && tf.util.arraysEqual(source.tensors.get(found)!.shape, shape)
        ? source.stored(found)
        : tf.tensor(initialValues(name, shape, initializer, initializerRange(model.config), seed), shape);
    return new Parameter(name, content);
  };
  const words = model.parameter(layout.words ?? `${layout.prefix}.embeddings.word_embeddings.weight`);
  const [vocabulary, width] = words.shape;
  const hidden = config.number(model.modelType === "distilbert" ? "dim" : "hidden_size");
  const { dense, norm, bias } =
    model.modelType === "modernbert"
      ? takeModernBert(config, take, layout, { hidden, vocabulary })
      : {
          dense: takeLinear(take, layout.dense, hidden, width),
          norm: takeNorm(take, layout.norm, width, epsilonOf(model.modelType, config)),
          bias: take(layout.bias, [vocabulary], "zeros"),
        };
  const f = layout.activation ? config.activation(layout.activation, "gelu") : activation("gelu");
  // Where blocks leave their rows as they are, a norm of the encoder's own stands behind the last one.
  const { norm: last } = model.stages.at(-1)!;
  return {
    parameters: [...parametersOf({ dense, norm }), ...(bias ? [bias] : [])],
    forward(pass, x, places) {
      const newest = x.tensor.shape[1] === hidden ? x : columns(pass, x, 0, hidden);
      const rows = rowsAt(pass, newest, places);
      const h = activate(pass, linear(pass, last ? last.forward(pass, rows) : rows, dense), f);
      return linear(pass, layerNorm(pass, h, norm), { weight: words, bias });
    },
  };
}

/** What each class of Transformers has where config.json says nothing; DistilBERT asks no config. */
function epsilonOf(modelType: string, config: Config): number {
  if (modelType === "distilbert") return 1e-12;
  return config.number("layer_norm_eps", modelType === "deberta-v2" ? 1e-7 : 1e-12);
}

/** ModernBERT says of each bias whether it has it. */
function takeModernBert(
  config: Config,
  take: (name: string, shape: number[], initializer: Initializer) => Parameter,
  layout: Layout,
  { hidden, vocabulary }: { hidden: number; vocabulary: number },
): { dense: Linear; norm: Norm; bias?: Parameter } {
  const biasOf = (field: string, fallback: boolean, name: string, size: number) =>
    config.boolean(field, fallback) ? take(name, [size], "zeros") : undefined;
  return {
    dense: {
      weight: take(`${layout.dense}.weight`, [hidden, hidden], "normal"),
      bias: biasOf("classifier_bias", false, `${layout.dense}.bias`, hidden),
    },
    norm: {
      weight: take(`${layout.norm}.weight`, [hidden], "ones"),
      bias: biasOf("norm_bias", false, `${layout.norm}.bias`, hidden),
      eps: config.number("norm_eps", 1e-5),
    },
    bias: biasOf("decoder_bias", true, layout.bias, vocabulary),
  };
}
