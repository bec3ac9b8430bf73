// Warner et al. 2024. Names and order as transformers/models/modernbert/modeling_modernbert.py.
import type * as tf from "@tensorflow/tfjs-core";
import { activate } from "../nn/activate";
import { dropout } from "../nn/elementwise";
import { embedding } from "../nn/embedding";
import { firstRows } from "../nn/firstRows";
import { layerNorm, type Norm } from "../nn/layerNorm";
import { type Adaptable, linear, residualLinear } from "../nn/linear";
import { adapterParameters } from "../nn/lora";
import { meanRows } from "../nn/meanRows";
import type { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import { rotaryAttention } from "../nn/rotaryAttention";
import { rotaryTurns, slopesOf } from "../nn/rotaryTurns";
import type { Stage } from "../nn/Stage";
import { gated } from "../ops/activations/activations";
import type { Turns } from "../ops/rotaryAttention/turn";
import type { Config, Family, Take } from "./Family";
import type { TextInputs } from "./textInputs";

export const modernbert: Family = {
  modelType: "modernbert",
  prefix: "model",
  architecture: "ModernBertForSequenceClassification",
  ignored: /(^|\.)([a-z_]+_)?inv_freq$|(^|\.)position_ids$/,
  obeys: [
    "vocab_size",
    "max_position_embeddings",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_activation",
    "norm_eps",
    "norm_bias",
    "attention_bias",
    "attention_dropout",
    "mlp_bias",
    "mlp_dropout",
    "embedding_dropout",
    "layer_types",
    "global_attn_every_n_layers",
    "local_attention",
    "rope_parameters",
    "rope_scaling",
    "global_rope_theta",
    "local_rope_theta",
    "classifier_pooling",
    "classifier_bias",
    "classifier_activation",
    "classifier_dropout",
    "initializer_cutoff_factor",
  ],
  withoutEffect: [
    "decoder_bias",
    "deterministic_flash_attn",
    "layer_norm_eps",
    "reference_compile",
    "repad_logits_with_grad",
    "sparse_prediction",
    "sparse_pred_ignore_index",
    "type_vocab_size",
  ],
  neutral: {
    // Python does not read it; mmBERT has the second.
    position_embedding_type: (value) => value === "absolute" || value === "sans_pos",
    // Python's setter of it sets local_attention to twice its value.
    sliding_window: (value, { local_attention: whole = 128 }) => 2 * Number(value) === whole,
  },
  maxTokens: (config) => config.number("max_position_embeddings", 8192),
  stages(config, take, head) {
    const depth = config.number("num_hidden_layers");
    const local = layersAreLocal(config, depth);
    const turns = { global: turnsOf(config, "full_attention"), local: turnsOf(config, "sliding_attention") };
    return [
      embeddings(config, take),
      ...local.map((isLocal, i) =>
        block(config, take, i, {
          reach: isLocal ? Math.floor(config.number("local_attention", 128) / 2) : undefined,
          turns: isLocal ? turns.local : turns.global,
        }),
      ),
      head(),
    ];
  },
  head: sequenceHead,
  tokenHead,
};

/** A norm, with a bias where the config says so. */
export function takeModernBertNorm(config: Config, take: Take, name: string): Norm {
  const hidden = config.number("hidden_size");
  return {
    weight: take(`${name}.weight`, [hidden], "ones"),
    bias: config.boolean("norm_bias", false) ? take(`${name}.bias`, [hidden], "zeros") : undefined,
    eps: config.number("norm_eps", 1e-5),
  };
}

/** Drawn with a share of the config's range where the checkpoint lacks it, as Python's `_init_weights`. */
const takeWeight = (config: Config, take: Take, name: string, shape: number[], std: number) =>
  take(`${name}.weight`, shape, { std, cutoff: config.number("initializer_cutoff_factor", 2) });

function takeDense(
  config: Config,
  take: Take,
  name: string,
  [to, from]: [number, number],
  options: { bias: boolean; std: number },
): Adaptable {
  return {
    weight: takeWeight(config, take, name, [to, from], options.std),
    bias: options.bias ? take(`${name}.bias`, [to], "zeros") : undefined,
  };
}

/** Standard deviations of what leads into a block's inner parts, and of what leads out of them. */
function deviations(config: Config): { into: number; out: number } {
  const into = config.number("initializer_range", 0.02);
  return { into, out: into / Math.sqrt(2 * config.number("num_hidden_layers")) };
}

const parametersOf = (parts: (Adaptable | Norm)[]): Parameter[] =>
  parts.flatMap((part) => [
    part.weight,
    ...(part.bias ? [part.bias] : []),
    ...("lora" in part && part.lora ? adapterParameters(part.lora) : []),
  ]);

/** Which blocks see a window of each token's neighbours only. */
function layersAreLocal(config: Config, depth: number): boolean[] {
  const types = config.values.layer_types;
  if (types === undefined || types === null) {
    const every = config.number("global_attn_every_n_layers", 3);
    return Array.from({ length: depth }, (_, i) => i % every !== 0);
  }
  const known = ["full_attention", "sliding_attention"];
  if (!Array.isArray(types) || types.length !== depth || !types.every((type) => known.includes(type)))
    throw config.unsupported("layer_types", `${depth} of ${known.join(" or ")}`);
  return types.map((type) => type === "sliding_attention");
}

type TurnsOf = (pass: Pass, inputs: TextInputs) => Turns;

/** The turns of a batch's positions, made once for all blocks of a kind. */
function turnsOf(config: Config, kind: "full_attention" | "sliding_attention"): TurnsOf {
  const stored = config.values.rope_parameters as Record<string, Record<string, unknown>> | undefined;
  const { rope_type: type = "default", rope_theta } = stored?.[kind] ?? {};
  if (type !== "default" || config.values.rope_scaling)
    throw config.unsupported(
      config.values.rope_scaling ? "rope_scaling" : "rope_parameters",
      "default rotary positions",
    );
  const theta =
    typeof rope_theta === "number"
      ? rope_theta
      : kind === "full_attention"
        ? config.number("global_rope_theta", 160000)
        : config.number("local_rope_theta", 10000);
  const width = config.number("hidden_size") / config.number("num_attention_heads");
  const made = new WeakMap<TextInputs, Turns>();
  return (pass, inputs) => {
    let turns = made.get(inputs);
    if (!turns) {
      const { cos, sin } = rotaryTurns(inputs.sequenceLength, width, theta);
      const slopes = slopesOf(width, theta);
      const derived = (output: tf.Tensor, f: "Cos" | "Sin") =>
        pass.derived({ op: "rotaryTurns", settings: { f, slopes }, output: inputs.own(output), inputs: {} });
      turns = { cos: derived(cos, "Cos"), sin: derived(sin, "Sin") };
      made.set(inputs, turns);
    }
    return turns;
  };
}

function embeddings(config: Config, take: Take): Stage<TextInputs> {
  const name = "model.embeddings";
  const shape = [config.number("vocab_size"), config.number("hidden_size")];
  const words = takeWeight(config, take, `${name}.tok_embeddings`, shape, deviations(config).into);
  const wordsNorm = takeModernBertNorm(config, take, `${name}.norm`);
  const rate = config.number("embedding_dropout", 0);
  return {
    name: "embeddings",
    parameters: [words, ...parametersOf([wordsNorm])],
    tables: [words],
    forward: (pass, inputs) =>
      dropout(pass, layerNorm(pass, embedding(pass, inputs.inputIds, words), wordsNorm), rate),
  };
}

interface BlockOptions {
  /** How far a token sees to each side; the whole text where left out. */
  reach?: number;
  turns: TurnsOf;
}

function block(config: Config, take: Take, index: number, { reach, turns }: BlockOptions): Stage<TextInputs> {
  const name = `model.layers.${index}`;
  const hidden = config.number("hidden_size");
  const inner = config.number("intermediate_size");
  const heads = config.number("num_attention_heads");
  const { into, out } = deviations(config);
  const attentionBias = config.boolean("attention_bias", false);
  const mlpBias = config.boolean("mlp_bias", false);
  const dense = (part: string, shape: [number, number], bias: boolean, std: number) =>
    takeDense(config, take, `${name}.${part}`, shape, { bias, std });
  // The embeddings are normed already.
  const attnNorm = index > 0 ? takeModernBertNorm(config, take, `${name}.attn_norm`) : null;
  const qkv = dense("attn.Wqkv", [3 * hidden, hidden], attentionBias, into);
  const attended = dense("attn.Wo", [hidden, hidden], attentionBias, out);
  const mlpNorm = takeModernBertNorm(config, take, `${name}.mlp_norm`);
  const mlpIn = dense("mlp.Wi", [2 * inner, hidden], mlpBias, into);
  const mlpOut = dense("mlp.Wo", [hidden, inner], mlpBias, out);
  const f = config.activation("hidden_activation", "gelu");
  const attentionDropout = config.number("attention_dropout", 0);
  const mlpDropout = config.number("mlp_dropout", 0);

  return {
    name: `layers.${index}`,
    get parameters() {
      return parametersOf([...(attnNorm ? [attnNorm] : []), qkv, attended, mlpNorm, mlpIn, mlpOut]);
    },
    adaptable: [qkv, attended, mlpIn, mlpOut],
    forward(pass, inputs, x) {
      const { batchSize, mask } = inputs;
      const options = { batchSize, heads, mask, dropout: attentionDropout, reach };
      const normed = attnNorm ? layerNorm(pass, x!, attnNorm) : x!;
      const made = linear(pass, normed, qkv);
      const context = rotaryAttention(pass, made, turns(pass, inputs), options);
      const h = residualLinear(pass, context, attended, x!, { behind: attentionDropout });
      const u = linear(pass, layerNorm(pass, h, mlpNorm), mlpIn);
      return residualLinear(pass, u, mlpOut, h, { before: mlpDropout }, gated(f, inner));
    },
  };
}

function pooling(config: Config): "cls" | "mean" {
  const kind = config.string("classifier_pooling", "cls");
  if (kind !== "cls" && kind !== "mean") throw config.unsupported("classifier_pooling", "cls or mean");
  return kind;
}

/** The parts of its heads, which both tasks share but for what they read. */
function takeHead(config: Config, numLabels: number, take: Take) {
  const hidden = config.number("hidden_size");
  const finalNorm = takeModernBertNorm(config, take, "model.final_norm");
  const dense = takeDense(config, take, "head.dense", [hidden, hidden], {
    bias: config.boolean("classifier_bias", false),
    std: deviations(config).out,
  });
  const denseNorm = takeModernBertNorm(config, take, "head.norm");
  const classifier = {
    weight: takeWeight(config, take, "classifier", [numLabels, hidden], hidden ** -0.5),
    bias: take("classifier.bias", [numLabels], "zeros"),
  };
  const f = config.activation("classifier_activation", "gelu");
  const rate = config.number("classifier_dropout", 0);
  const reads = (pass: Pass, rows: Value) =>
    layerNorm(pass, activate(pass, linear(pass, rows, dense), f), denseNorm);
  const stage = {
    name: "head",
    parameters: parametersOf([finalNorm, dense, denseNorm, classifier]),
    norm: {
      parameters: parametersOf([finalNorm]),
      forward: (pass: Pass, x: Value) => layerNorm(pass, x, finalNorm),
    },
  };
  const logits = (pass: Pass, rows: Value) =>
    linear(pass, dropout(pass, reads(pass, rows), rate), classifier);
  return { stage, finalNorm, classifier, rate, reads, logits };
}

function sequenceHead(config: Config, numLabels: number, take: Take): Stage<TextInputs> {
  const kind = pooling(config);
  const { stage, finalNorm, classifier, rate, reads, logits } = takeHead(config, numLabels, take);
  const pool = (pass: Pass, { batchSize, mask }: TextInputs, x: Value) =>
    kind === "mean"
      ? meanRows(pass, layerNorm(pass, x, finalNorm), mask)
      : layerNorm(pass, firstRows(pass, x, batchSize), finalNorm);
  return {
    ...stage,
    readsFirstRows: kind === "cls",
    pool,
    lastLayer: { layer: classifier, noise: rate / (1 - rate), pool, reads },
    forward: (pass, inputs, x) => logits(pass, pool(pass, inputs, x!)),
  };
}

function tokenHead(config: Config, numLabels: number, take: Take): Stage<TextInputs> {
  const { stage, logits } = takeHead(config, numLabels, take);
  return { ...stage, forward: (pass, _inputs, x) => logits(pass, stage.norm.forward(pass, x!)) };
}
