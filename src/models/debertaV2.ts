// He et al. 2021 (DeBERTa) and 2023 (V3). Names and order as transformers/models/deberta_v2/modeling_deberta_v2.py.
import { activate } from "../nn/activate";
import { disentangledAttention } from "../nn/disentangledAttention";
import { add, dropout } from "../nn/elementwise";
import { embedding } from "../nn/embedding";
import { firstRows } from "../nn/firstRows";
import { layerNorm, type Norm, residualNorm } from "../nn/layerNorm";
import { type BiasedAdaptable, linear } from "../nn/linear";
import type { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import { readRows } from "../nn/readRows";
import type { Stage } from "../nn/Stage";
import { takeConvolution, withConvolution } from "./debertaConvolution";
import { BERT_FIELDS, type Config, type Family, type Take } from "./Family";
import { type RelativeEmbeddings, takeRelativeEmbeddings, takeRelativeNorm } from "./relativeEmbeddings";
import { parametersOf, takeLinear, takeNorm, takeTable } from "./takeParts";
import type { TextInputs } from "./textInputs";
import { tokenHead } from "./tokenHead";

export const debertaV2: Family = {
  modelType: "deberta-v2",
  prefix: "deberta",
  architecture: "DebertaV2ForSequenceClassification",
  // Pretraining alone reads the positions where the input has none.
  ignored: /(^|\.)position_ids$|(^|\.)position_embeddings\.weight$/,
  obeys: [
    ...BERT_FIELDS,
    "embedding_size",
    "position_biased_input",
    "relative_attention",
    "position_buckets",
    "max_relative_positions",
    "norm_rel_ebd",
    "share_att_key",
    "pos_att_type",
    "conv_kernel_size",
    "conv_groups",
    "conv_act",
    "pooler_hidden_size",
    "pooler_hidden_act",
    "pooler_dropout",
    "cls_dropout",
  ],
  withoutEffect: ["legacy", "padding_idx"],
  // Relative positions end nowhere.
  maxTokens: (config) =>
    config.boolean("position_biased_input", true) ? config.number("max_position_embeddings", 512) : Infinity,
  stages(config, take, head) {
    const words = takeEmbeddings(config, take);
    const depth = config.number("num_hidden_layers");
    const layers = Array.from({ length: depth }, (_, i) => takeLayer(config, take, i));
    const relative = config.boolean("relative_attention", false)
      ? takeRelativeEmbeddings(config, take)
      : null;
    // Which Python's model has even where it norms nothing.
    const idle = relative ? null : takeRelativeNorm(config, take);
    const convolved = config.number("conv_kernel_size", 0) > 0 ? takeConvolution(config, take) : null;
    const [first, ...rest] = layers.map((layer, i) => block(config, layer, relative, i));
    return [
      embeddings(config, words, relative?.parameters ?? (idle ? [idle.weight, idle.bias] : [])),
      convolved ? withConvolution(first, convolved) : first,
      ...rest,
      head(),
    ];
  },
  head: sequenceHead,
  tokenHead: (config, numLabels, take) =>
    tokenHead(config, take, numLabels, config.number("hidden_dropout_prob", 0.1)),
};

interface Words {
  words: Parameter;
  positions: Parameter | null;
  types: Parameter | null;
  project: Parameter | null;
  norm: Required<Norm>;
}

function takeEmbeddings(config: Config, take: Take): Words {
  const name = "deberta.embeddings";
  const hidden = config.number("hidden_size");
  const width = config.number("embedding_size", hidden);
  const types = config.number("type_vocab_size", 0);
  return {
    words: takeTable(take, `${name}.word_embeddings`, config.number("vocab_size"), width),
    positions: config.boolean("position_biased_input", true)
      ? takeTable(take, `${name}.position_embeddings`, config.number("max_position_embeddings", 512), width)
      : null,
    types: types > 0 ? takeTable(take, `${name}.token_type_embeddings`, types, width) : null,
    project: width !== hidden ? take(`${name}.embed_proj.weight`, [hidden, width], "normal") : null,
    norm: takeNorm(take, `${name}.LayerNorm`, hidden, config.number("layer_norm_eps", 1e-7)),
  };
}

function embeddings(config: Config, parts: Words, relative: Parameter[]): Stage<TextInputs> {
  const { words, positions, types, project, norm } = parts;
  const rate = config.number("hidden_dropout_prob", 0.1);
  const tables = [words, positions, types].filter((parameter) => parameter !== null);
  return {
    name: "embeddings",
    // The relative embeddings feed every block, so they freeze before any of them.
    parameters: [...tables, ...(project ? [project] : []), norm.weight, norm.bias, ...relative],
    tables,
    forward(pass, inputs) {
      let x = embedding(pass, inputs.inputIds, words);
      if (positions) x = add(pass, x, embedding(pass, inputs.positionIds, positions));
      if (types) x = add(pass, x, embedding(pass, inputs.tokenTypeIds, types));
      if (project) x = linear(pass, x, { weight: project });
      return dropout(pass, layerNorm(pass, x, norm), rate);
    },
  };
}

type Kind = "c2p" | "p2c";

/** Which relative scores there are, as config.json has them: a list, or a text with | between. */
function attentionKinds(config: Config): Kind[] {
  const given = config.values.pos_att_type ?? [];
  const kinds =
    typeof given === "string"
      ? given
          .toLowerCase()
          .split("|")
          .map((kind) => kind.trim())
      : given;
  if (!Array.isArray(kinds) || !kinds.every((kind) => kind === "c2p" || kind === "p2c"))
    throw config.unsupported("pos_att_type", "c2p, p2c or both");
  return kinds;
}

interface Layer {
  dense: Record<"query" | "key" | "value" | "attended" | "intermediate" | "output", BiasedAdaptable>;
  norms: Record<"attended" | "output", Norm>;
  /** From the relative embeddings to their keys and queries, where these are not made as those of the tokens. */
  relative: Partial<Record<"key" | "query", BiasedAdaptable>>;
}

function takeLayer(config: Config, take: Take, index: number): Layer {
  const name = `deberta.encoder.layer.${index}`;
  const hidden = config.number("hidden_size");
  const inner = config.number("intermediate_size");
  const eps = config.number("layer_norm_eps", 1e-7);
  const own = config.boolean("relative_attention", false) && !config.boolean("share_att_key", false);
  const kinds = attentionKinds(config);
  const self = `${name}.attention.self`;
  const [query, key, value] = ["query", "key", "value"].map((part) =>
    takeLinear(take, `${self}.${part}_proj`, hidden, hidden),
  );
  const relative: Layer["relative"] = {};
  if (own && kinds.includes("c2p")) relative.key = takeLinear(take, `${self}.pos_key_proj`, hidden, hidden);
  if (own && kinds.includes("p2c"))
    relative.query = takeLinear(take, `${self}.pos_query_proj`, hidden, hidden);
  const attended = takeLinear(take, `${name}.attention.output.dense`, hidden, hidden);
  const attendedNorm = takeNorm(take, `${name}.attention.output.LayerNorm`, hidden, eps);
  const intermediate = takeLinear(take, `${name}.intermediate.dense`, hidden, inner);
  const output = takeLinear(take, `${name}.output.dense`, inner, hidden);
  const outputNorm = takeNorm(take, `${name}.output.LayerNorm`, hidden, eps);
  return {
    dense: { query, key, value, attended, intermediate, output },
    norms: { attended: attendedNorm, output: outputNorm },
    relative,
  };
}

function block(
  config: Config,
  { dense, norms, relative: own }: Layer,
  relative: RelativeEmbeddings | null,
  index: number,
): Stage<TextInputs> {
  const heads = config.number("num_attention_heads");
  const kinds = attentionKinds(config);
  const f = config.activation("hidden_act", "gelu");
  const hiddenDropout = config.number("hidden_dropout_prob", 0.1);
  const attentionDropout = config.number("attention_probs_dropout_prob", 0.1);

  const positions = (pass: Pass, inputs: TextInputs) => {
    if (!relative) return { row: () => 0 };
    const { table, row, wholeRow } = relative.rows(pass, inputs);
    const dropped = dropout(pass, table, hiddenDropout);
    return {
      key: kinds.includes("c2p") ? linear(pass, dropped, own.key ?? dense.key) : undefined,
      query: kinds.includes("p2c") ? linear(pass, dropped, own.query ?? dense.query) : undefined,
      row,
      wholeRow,
    };
  };

  return {
    name: `encoder.layer.${index}`,
    get parameters() {
      return [dense, own, norms].flatMap((parts) => parametersOf(parts));
    },
    adaptable: [...Object.values(dense), ...Object.values(own)],
    forward(pass, inputs, x) {
      const { batchSize, mask } = inputs;
      const context = disentangledAttention(
        pass,
        linear(pass, readRows(pass, x!, batchSize), dense.query),
        linear(pass, x!, dense.key),
        linear(pass, x!, dense.value),
        positions(pass, inputs),
        { batchSize, heads, mask, dropout: attentionDropout, parts: 1 + kinds.length },
      );
      const attended = linear(pass, context, dense.attended);
      const h = residualNorm(pass, attended, hiddenDropout, x!, norms.attended);
      const inner = linear(pass, h, dense.intermediate);
      return residualNorm(pass, linear(pass, inner, dense.output, f), hiddenDropout, h, norms.output);
    },
  };
}

function sequenceHead(config: Config, numLabels: number, take: Take): Stage<TextInputs> {
  const hidden = config.number("hidden_size");
  const width = config.number("pooler_hidden_size", hidden);
  if (width !== hidden) throw config.unsupported("pooler_hidden_size", `hidden_size (${hidden})`);
  const pooler = takeLinear(take, "pooler.dense", hidden, hidden);
  const classifier = takeLinear(take, "classifier", hidden, numLabels);
  const f = config.activation("pooler_hidden_act", "gelu");
  const poolerDropout = config.number("pooler_dropout", 0);
  const rate = config.number("cls_dropout", config.number("hidden_dropout_prob", 0.1));
  const pool = (pass: Pass, { batchSize }: TextInputs, x: Value) => firstRows(pass, x, batchSize);
  const reads = (pass: Pass, first: Value) => activate(pass, linear(pass, first, pooler), f);
  return {
    name: "head",
    readsFirstRows: true,
    parameters: parametersOf({ pooler, classifier }),
    pool,
    lastLayer: { layer: classifier, noise: rate / (1 - rate), pool, reads },
    forward(pass, inputs, x) {
      const first = dropout(pass, pool(pass, inputs, x!), poolerDropout);
      return linear(pass, dropout(pass, reads(pass, first), rate), classifier);
    },
  };
}
