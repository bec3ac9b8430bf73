import { InputError } from "../errors";
import { activation } from "../nn/activation";
import type { Parameter } from "../nn/Parameter";
import type { Stage } from "../nn/Stage";
import type { Activation } from "../ops/activations/activations";
import type { Neutral } from "./checkConfig";
import type { Initializer } from "./ParameterLoader";
import type { TextInputs } from "./textInputs";

/** What a config.json holds, read by the field names of Transformers' configuration classes. */
export class Config {
  constructor(
    readonly values: Record<string, unknown>,
    private readonly file = "config.json",
  ) {}

  number(field: string, fallback?: number): number {
    const value = this.values[field] ?? fallback;
    if (typeof value !== "number")
      throw new InputError(`${this.file}: expected a number as ${field}, got ${JSON.stringify(value)}`);
    return value;
  }

  string(field: string, fallback?: string): string {
    const value = this.values[field] ?? fallback;
    if (typeof value !== "string")
      throw new InputError(`${this.file}: expected a text as ${field}, got ${JSON.stringify(value)}`);
    return value;
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.values[field] ?? fallback;
    if (typeof value !== "boolean")
      throw new InputError(`${this.file}: expected true or false as ${field}, got ${JSON.stringify(value)}`);
    return value;
  }

  /** The activation that a field names. */
  activation(field: string, fallback: string): Activation {
    return activation(this.string(field, fallback), `${this.file}: ${field}`);
  }

  /** An InputError about a field that this kit cannot follow. */
  unsupported(field: string, expected: string): InputError {
    return new InputError(
      `${this.file}: expected ${expected} as ${field}, got ${JSON.stringify(this.values[field])}, which is not supported`,
    );
  }
}

/** Takes a parameter of that name and shape out of the checkpoint, or draws it where the checkpoint has none. */
export type Take = (name: string, shape: number[], initializer: Initializer) => Parameter;

/** Counters of positions and zeros for token types, which earlier versions of Transformers saved with the embeddings. */
export const COUNTERS = /(^|\.)(position_ids|token_type_ids)$/;

/** Fields that BERT and those that kept its blocks follow. */
export const BERT_FIELDS: readonly string[] = [
  "vocab_size",
  "type_vocab_size",
  "max_position_embeddings",
  "hidden_size",
  "num_hidden_layers",
  "num_attention_heads",
  "intermediate_size",
  "hidden_act",
  "layer_norm_eps",
  "hidden_dropout_prob",
  "attention_probs_dropout_prob",
];

/** How one architecture is laid out: a file in this folder each. */
export interface Family {
  /** `model_type` in config.json. */
  modelType: string;
  /** What the encoder's parameter names begin with. */
  prefix: string;
  /** `architectures` entry of its sequence classification model in Python. */
  architecture: string;
  /**
   * Names of tensors that some checkpoints hold and no model reads: buffers that it computes by itself. Nothing is said of them, as
   * Transformers says nothing.
   */
  ignored: RegExp;
  /** Fields of its config.json that `stages` and `maxTokens` follow; see `checkConfig` for what all families do with others. */
  obeys: readonly string[];
  /** Further fields of its configuration class that change nothing in a classifier. */
  withoutEffect?: readonly string[];
  /** Further fields with the values at which they change nothing. */
  neutral?: Record<string, Neutral>;
  /** The longest text it takes, in tokens. */
  maxTokens(config: Config): number;
  /**
   * Embeddings, blocks and head, in the order they run; `take` is called in checkpoint order, and `head`, which takes what the head
   * reads, where that stands among them.
   */
  stages(config: Config, take: Take, head: () => Stage<TextInputs>): Stage<TextInputs>[];
  /** The head of its sequence classification model. */
  head(config: Config, numLabels: number, take: Take): Stage<TextInputs>;
  /** The head of its token classification model. */
  tokenHead(config: Config, numLabels: number, take: Take): Stage<TextInputs>;
}
