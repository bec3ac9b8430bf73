import { InputError } from "../errors";
import type { Family } from "./Family";

/** Says of a field's value whether it asks for nothing else than what is computed without it. */
export type Neutral = (value: unknown, config: Record<string, unknown>) => boolean;

const words = (text: string) => new Set(text.trim().split(/\s+/));

/** What every family follows: labels, heads and how weights start. */
const FOLLOWED = words(
  "id2label label2id num_labels problem_type frostkit_head frostkit_trained_on initializer_range",
);

/**
 * What changes nothing that is computed here: names and versions, how weights are stored, what else is given out, how memory is spared,
 * other heads than that of classes, ids of tokens, notes of those who trained. Fields of Transformers' `PretrainedConfig` of all
 * versions, and of what publishes with it.
 */
const WITHOUT_EFFECT = words(`
  architectures model_type _name_or_path name_or_path _commit_hash transformers_version model_name base_model base_model_name_or_path
  torch_dtype dtype use_bfloat16 output_attentions _output_attentions output_hidden_states output_past return_dict use_return_dict torchscript
  tf_legacy_loss use_cache gradient_checkpointing chunk_size_feed_forward attn_implementation _attn_implementation
  _attn_implementation_internal _attn_implementation_autoset experts_implementation _experts_implementation _experts_implementation_internal
  tie_word_embeddings tie_weights tie_weights_ tie_encoder_decoder
  bos_token_id eos_token_id pad_token_id cls_token_id sep_token_id mask_token_id unk_token_id decoder_start_token_id
  tokenizer_class model_max_length max_seq_length max_seq_len prefix finetuning_task task_specific_params tasks classifiers_size _num_labels
  language languages license tags datasets metrics pipeline_tag library_name
  sentence_transformers sbert_ce_default_activation_function custom_pipelines transformers.js_config unsloth_version unsloth_fixed
  classifier_dropout classifier_dropout_prob initializer_factor
  max_length max_new_tokens min_length min_new_tokens do_sample early_stopping num_beams num_beam_groups temperature top_k top_p typical_p
  repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids num_return_sequences output_scores
  return_dict_in_generate forced_bos_token_id forced_eos_token_id remove_invalid_values exponential_decay_length_penalty suppress_tokens
  begin_suppress_tokens epsilon_cutoff eta_cutoff encoder_repetition_penalty num_assistant_tokens num_assistant_tokens_schedule
  assistant_confidence_threshold assistant_lookbehind target_lookbehind diversity_penalty`);

const one =
  (...values: unknown[]): Neutral =>
  (value) =>
    values.includes(value);

/** Fields whose neutral value is another than nothing. */
const NEUTRAL: Record<string, Neutral> = {
  position_embedding_type: one("absolute"),
  feed_forward_type: one("original"),
  down_scale_factor: one(1),
  embedding_size: (value, config) => value === config.hidden_size,
  head_dim: (value, config) => isWidth(value, config),
  attention_head_size: (value, config) => isWidth(value, config),
};

const isWidth: Neutral = (value, { hidden_size: hidden, num_attention_heads: heads }) =>
  value === (hidden as number) / (heads as number);

/** What to say of a field where its name alone tells little. */
const REASONS: Record<string, string> = {
  auto_map: "code of its own, which is never run",
  quantization_config: "weights in another form than numbers",
  is_decoder: "attention to earlier tokens alone",
};

/**
 * Throws an InputError that names each field of a config.json that says something of the computation and is neither followed nor at its
 * neutral value: a model that is computed in another way than it was trained gives numbers that look right and are not. So does it for
 * sizes and rates that no model can have.
 */
export function checkConfig(family: Family, config: Record<string, unknown>, file: string): void {
  const { modelType, obeys, withoutEffect = [], neutral = {} } = family;
  const known = new Set([...FOLLOWED, ...WITHOUT_EFFECT, ...obeys, ...withoutEffect]);
  refuse(
    Object.keys(config).filter((field) => {
      if (obeys.includes(field)) return false;
      const isNeutral = Object.hasOwn(neutral, field) ? neutral[field] : null;
      const usual = Object.hasOwn(NEUTRAL, field) ? NEUTRAL[field] : null;
      const fits = isNeutral ?? usual;
      if (isNothing(config[field]) || (!fits && known.has(field))) return false;
      return !fits?.(config[field], config);
    }),
    config,
    `${file}: expected a ${modelType} as Transformers computes it`,
  );
  checkSizes(config, file);
}

/** How many blocks there are, or groups of them, in the words of all families. */
const BLOCKS = ["num_hidden_layers", "n_layers", "num_hidden_groups", "inner_group_num"];

/** What a model has at least one of, in the words of all families. */
const SIZES = [
  ...["hidden_size", "dim", "num_attention_heads", "n_heads"],
  ...["intermediate_size", "hidden_dim", "vocab_size", "max_position_embeddings"],
  ...BLOCKS,
];

/** Names are listed for each block before anything is looked up in the weights; no published encoder has a tenth as many. */
const MOST_BLOCKS = 1000;

/** Throws for sizes and rates that no model can have, which would show in the midst of a training. */
function checkSizes(config: Record<string, unknown>, file: string): void {
  for (const field of SIZES) {
    const value = config[field];
    if (typeof value === "number" && !(Number.isInteger(value) && value >= 1))
      throw new InputError(`${file}: ${field}: expected a whole number of at least 1, got ${value}`);
  }
  for (const field of BLOCKS)
    if (Number(config[field] ?? 0) > MOST_BLOCKS)
      throw new InputError(`${file}: ${field}: expected at most ${MOST_BLOCKS}, got ${config[field]}`);
  const [hidden, heads] = [config.hidden_size ?? config.dim, config.num_attention_heads ?? config.n_heads];
  if (typeof hidden === "number" && typeof heads === "number" && !Number.isInteger(hidden / heads))
    throw new InputError(`${file}: expected heads that divide the hidden size of ${hidden}, got ${heads}`);
  for (const [field, value] of Object.entries(config))
    if (/dropout/.test(field) && typeof value === "number" && !(value >= 0 && value < 1))
      throw new InputError(`${file}: ${field}: expected a rate from 0 to below 1, got ${value}`);
}

/** The same of timm's config.json, whose arguments of the model are under `model_args`; the rest describes it. */
export function checkImageConfig(config: Record<string, unknown>, file: string): void {
  const args = (config.model_args ?? {}) as Record<string, unknown>;
  const asked = { ...args, ...pick(config, ["global_pool", "auto_map", "quantization_config"]) };
  const neutral: Record<string, Neutral> = {
    global_pool: one("avg"),
    in_chans: one(3),
    output_stride: one(32),
    cardinality: one(1),
    base_width: one(64),
    stem_width: one(64),
    reduce_first: one(1),
    block_reduce_first: one(1),
    down_kernel_size: one(1),
    act_layer: one("relu"),
    norm_layer: one("batchnorm2d", "batchnorm"),
  };
  const described = words("channels num_classes pretrained zero_init_last");
  refuse(
    Object.keys(asked).filter(
      (field) =>
        !isNothing(asked[field]) &&
        !described.has(field) &&
        !(Object.hasOwn(neutral, field) && neutral[field](asked[field], config)),
    ),
    asked,
    `${file}: expected a ${config.architecture} as timm builds it without arguments`,
  );
}

function refuse(fields: string[], config: Record<string, unknown>, expected: string): void {
  if (fields.length === 0) return;
  const shown = fields.slice(0, 5).map((field) => {
    const value = JSON.stringify(config[field]);
    const short = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    return `${field} ${short}${Object.hasOwn(REASONS, field) ? ` (${REASONS[field]})` : ""}`;
  });
  const more = fields.length > shown.length ? ` and ${fields.length - shown.length} more` : "";
  throw new InputError(
    `${expected}, got ${shown.join(", ")}${more}, which is not supported; what changes nothing that is computed may be taken out of the file`,
  );
}

const pick = (config: Record<string, unknown>, fields: string[]) =>
  Object.fromEntries(fields.filter((field) => field in config).map((field) => [field, config[field]]));

/** Whether a value asks for nothing, as a list or an object of nothing does. */
function isNothing(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isNothing);
  return [null, undefined, false, 0, "", "none"].includes(value as null);
}
