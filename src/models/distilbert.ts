// Sanh et al. 2019. Names and order as transformers/models/distilbert/modeling_distilbert.py.
import { classificationHead } from "./classificationHead";
import { embeddingsStage } from "./embeddingsStage";
import { COUNTERS, type Config, type Family, type Take } from "./Family";
import { postNormBlock } from "./postNormBlock";
import { takeLinear, takeNorm, takeTable } from "./takeParts";
import { tokenHead } from "./tokenHead";

// Which the model's code fixes.
const EPS = 1e-12;

export const distilbert: Family = {
  modelType: "distilbert",
  prefix: "distilbert",
  architecture: "DistilBertForSequenceClassification",
  ignored: COUNTERS,
  obeys: [
    "vocab_size",
    "max_position_embeddings",
    "dim",
    "hidden_dim",
    "n_layers",
    "n_heads",
    "activation",
    "dropout",
    "attention_dropout",
    "seq_classif_dropout",
  ],
  // Sinusoids are how the table of positions starts; what was trained is what the checkpoint holds.
  withoutEffect: ["sinusoidal_pos_embds", "qa_dropout", "layer_norm_eps", "type_vocab_size"],
  neutral: {
    hidden_size: (value, { dim }) => value === dim,
    intermediate_size: (value, { hidden_dim: wide }) => value === wide,
    num_hidden_layers: (value, { n_layers: layers }) => value === layers,
    num_attention_heads: (value, { n_heads: heads }) => value === heads,
    hidden_act: (value, { activation = "gelu" }) => value === activation,
  },
  maxTokens: (config) => config.number("max_position_embeddings"),
  stages: (config, take, head) => [
    embeddings(config, take),
    ...Array.from({ length: config.number("n_layers") }, (_, i) => block(config, take, i)),
    head(),
  ],
  head(config, numLabels, take) {
    const hidden = config.number("dim");
    return classificationHead({
      dense: takeLinear(take, "pre_classifier", hidden, hidden),
      activation: "relu",
      out: takeLinear(take, "classifier", hidden, numLabels),
      dropout: config.number("seq_classif_dropout", 0.2),
    });
  },
  tokenHead: (config, numLabels, take) =>
    tokenHead(config, take, numLabels, config.number("dropout", 0.1), "dim"),
};

function embeddings(config: Config, take: Take) {
  const name = "distilbert.embeddings";
  const hidden = config.number("dim");
  const table = (table: string, entries: number) =>
    takeTable(take, `${name}.${table}_embeddings`, entries, hidden);
  return embeddingsStage({
    words: table("word", config.number("vocab_size")),
    positions: table("position", config.number("max_position_embeddings")),
    norm: takeNorm(take, `${name}.LayerNorm`, hidden, EPS),
    dropout: config.number("dropout", 0.1),
  });
}

function block(config: Config, take: Take, index: number) {
  const stage = `transformer.layer.${index}`;
  const name = `distilbert.${stage}`;
  const hidden = config.number("dim");
  const inner = config.number("hidden_dim");
  const parts = {
    query: takeLinear(take, `${name}.attention.q_lin`, hidden, hidden),
    key: takeLinear(take, `${name}.attention.k_lin`, hidden, hidden),
    value: takeLinear(take, `${name}.attention.v_lin`, hidden, hidden),
    attended: takeLinear(take, `${name}.attention.out_lin`, hidden, hidden),
    attendedNorm: takeNorm(take, `${name}.sa_layer_norm`, hidden, EPS),
    intermediate: takeLinear(take, `${name}.ffn.lin1`, hidden, inner),
    output: takeLinear(take, `${name}.ffn.lin2`, inner, hidden),
    norm: takeNorm(take, `${name}.output_layer_norm`, hidden, EPS),
  };
  const options = {
    heads: config.number("n_heads"),
    activation: config.activation("activation", "gelu"),
    dropout: {
      weights: config.number("attention_dropout", 0.1),
      attended: 0,
      output: config.number("dropout", 0.1),
    },
  };
  return postNormBlock(stage, [parts], options);
}
