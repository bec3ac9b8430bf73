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
import { Config, type Take } from "./Family";
import { takeModernBertNorm } from "./modernbert";
import { initialValues, type TensorSource } from "./ParameterLoader";
import { storedNames } from "./storedNames";
import { initializerRange, type TextClassifier } from "./TextClassifier";
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
  /** The field of the width of the encoder's rows. Default: "hidden_size". */
  hidden?: string;
  /** Of the norm. Default: the config's `layer_norm_eps`, or 1e-12. */
  epsilon?: (config: Config) => number;
}

const BERT: Layout = {
  prefix: "bert",
  dense: "cls.predictions.transform.dense",
  norm: "cls.predictions.transform.LayerNorm",
  bias: "cls.predictions.bias",
  activation: "hidden_act",
};
const DEBERTA: Layout = {
  ...BERT,
  prefix: "deberta",
  epsilon: (config) => config.number("layer_norm_eps", 1e-7),
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
      hidden: "dim",
      // Whatever config.json says.
      epsilon: () => 1e-12,
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
    DEBERTA,
    // As Microsoft published them.
    {
      ...DEBERTA,
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
export function maskedLmHead(model: TextClassifier, source: TensorSource, seed: number): MaskedLmHead {
  const layouts = LAYOUTS[model.modelType];
  if (!layouts)
    throw new InputError(
      `adaptToTexts: expected a model of ${Object.keys(LAYOUTS).join(", ")}, got ${model.modelType}${model.modelType === "electra" ? ", which was trained to tell replaced words, not to predict masked ones" : ", whose masked-word head is not supported yet"}`,
    );
  const config = new Config(model.config);
  const encoder = model.stages.slice(0, -1).flatMap(({ parameters }) => parameters);
  const stored = storedNames(source.tensors, encoder, layouts[0].prefix, model.folder);
  const layout = layouts.find(({ bias }) => stored.of(bias) !== undefined) ?? layouts[0];
  const take: Take = (name, shape, initializer) => {
    const found = stored.of(name);
    const content =
      found !== undefined && tf.util.arraysEqual(source.tensors.get(found)!.shape, shape)
        ? source.stored(found)
        : tf.tensor(initialValues(name, shape, initializer, initializerRange(model.config), seed), shape);
    return new Parameter(name, content);
  };
  const words = model.parameter(layout.words ?? `${layout.prefix}.embeddings.word_embeddings.weight`);
  const [vocabulary, width] = words.shape;
  const hidden = config.number(layout.hidden ?? "hidden_size");
  const { dense, norm, bias } =
    model.modelType === "modernbert"
      ? takeModernBert(config, take, layout, { hidden, vocabulary })
      : {
          dense: takeLinear(take, layout.dense, hidden, width),
          norm: takeNorm(
            take,
            layout.norm,
            width,
            layout.epsilon?.(config) ?? config.number("layer_norm_eps", 1e-12),
          ),
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

/** ModernBERT says of each bias whether it has it. */
function takeModernBert(
  config: Config,
  take: Take,
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
    norm: takeModernBertNorm(config, take, layout.norm),
    bias: biasOf("decoder_bias", true, layout.bias, vocabulary),
  };
}
