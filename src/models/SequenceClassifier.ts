import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { closeNames } from "../freeze";
import { type Adaptable, type Lora, loraChange } from "../nn/loraLinear";
import type { Parameter } from "../nn/Parameter";
import { Pass, type Value } from "../nn/Pass";
import type { Stage } from "../nn/Stage";
import { Config, type Family } from "./Family";
import { type Initializer, initialValues } from "./ParameterLoader";
import { type TextInputs, textInputs } from "./textInputs";

export type ProblemType = "single_label_classification" | "multi_label_classification" | "regression";

/** A batch of texts as token ids, rows of one length, padded on the right. */
export interface TokenRows {
  inputIds: number[][];
  /** 1 for tokens, 0 for padding; all ones when left out. */
  attentionMask?: number[][];
  tokenTypeIds?: number[][];
}

/** What `checkRows` looks at. */
interface CheckedRows {
  inputIds: readonly ArrayLike<number>[];
  tokenTypeIds?: readonly ArrayLike<number>[] | null;
  padTokenId?: number;
}

interface Parts {
  family: Family;
  config: Record<string, unknown>;
  stages: Stage<TextInputs>[];
  parameters: Parameter[];
  fresh: { parameter: Parameter; initializer: Initializer }[];
  unused: string[];
  numLabels: number;
  problemType: ProblemType;
  /** The checkpoint's folder: tokenizer files are carried along from it. */
  folder: string;
  checkpointHash: () => Promise<string>;
  /** Writes a checkpoint folder. */
  save: (
    folder: string,
    what: {
      config: Record<string, unknown>;
      tensors: { name: string; shape: number[]; data: () => Promise<Float32Array> }[];
      dtype: WeightType;
      carryFrom: string;
    },
  ) => Promise<void>;
}

/** How weights are stored in a file. */
export type WeightType = "F32" | "F16" | "BF16";

/**
 * A pretrained text encoder with a head that sorts texts into classes, gives several labels each, or predicts a number.
 * Made by `AutoModelForSequenceClassification.fromPretrained`; owns its tensors until `dispose()`.
 */
export class SequenceClassifier {
  readonly modelType: string;
  /** Embeddings, blocks and head, in the order they run. */
  readonly stages: readonly Stage<TextInputs>[];
  readonly numLabels: number;
  readonly problemType: ProblemType;
  /** Names of parameters that the checkpoint lacked, drawn from the seed. */
  readonly newlyInitialized: string[];
  /** Tensors of the checkpoint that this model has no use for. */
  readonly unused: string[];
  /** The checkpoint's folder. */
  readonly folder: string;
  readonly config: Record<string, unknown>;
  #parts: Parts;
  #byName: Map<string, Parameter>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.modelType = parts.family.modelType;
    this.stages = parts.stages;
    this.numLabels = parts.numLabels;
    this.problemType = parts.problemType;
    this.newlyInitialized = parts.fresh.map(({ parameter }) => parameter.name);
    this.unused = parts.unused;
    this.folder = parts.folder;
    this.config = parts.config;
    this.#byName = new Map(parts.parameters.map((parameter) => [parameter.name, parameter]));
  }

  /** Names and parameters in checkpoint order, then those of adapters. */
  namedParameters(): [string, Parameter][] {
    const added = this.adapters().flatMap(({ lora }) => [lora.a, lora.b]);
    return [...this.#byName, ...added.map((parameter): [string, Parameter] => [parameter.name, parameter])];
  }

  /** The dense layers that `addLora` has put an adapter on. */
  adapters(): Required<Adaptable>[] {
    const layers = new Set(this.stages.flatMap((stage) => stage.adaptable ?? []));
    return [...layers].filter((layer): layer is Required<Adaptable> => layer.lora !== undefined);
  }

  parameter(name: string): Parameter {
    const named = new Map(this.namedParameters());
    const parameter = named.get(name);
    if (!parameter) {
      const close = closeNames(name, [...named.keys()]);
      throw new InputError(
        `no parameter is named ${name}; ${close.length ? `close: ${close.join(", ")}` : "listParams(model) shows the names there are"}`,
      );
    }
    return parameter;
  }

  /** What `topNLayerFreeze` freezes: the embeddings, then each block, with all the parameters that feed its output. */
  frostStages(): { name: string; parameters: string[] }[] {
    return this.stages.slice(0, -1).map((stage) => ({
      name: stage.name,
      parameters: stage.parameters.map((parameter) => parameter.name),
    }));
  }

  /** How many blocks there are: the largest N that `topNLayerFreeze` takes. */
  get depth(): number {
    return this.stages.length - 2;
  }

  /** The N that differ: `topNLayerFreeze` freezes more for each than for the one before. All, unless blocks share weights. */
  get depths(): number[] {
    const frozen = new Set<string>();
    return this.frostStages().flatMap(({ parameters }, n) => {
      const before = frozen.size;
      for (const name of parameters) frozen.add(name);
      return frozen.size > before ? [n] : [];
    });
  }

  /** The longest text it takes, in tokens. */
  get maxTokens(): number {
    return this.#parts.family.maxTokens(new Config(this.config));
  }

  /**
   * Throws an InputError that names the first row that is too long or holds a token or a token type the model does not know, or
   * the token that rows are padded with, if the model does not know that.
   */
  checkRows(name: string, rows: CheckedRows): void {
    const { maxTokens } = this;
    const config = new Config(this.config);
    const tokens = config.number("vocab_size");
    const types = config.number("type_vocab_size", 2);
    rows.inputIds.forEach((ids, row) => {
      if (ids.length > maxTokens)
        throw new InputError(
          `${name}: this model takes at most ${maxTokens} tokens a text, row ${row} has ${ids.length}; tokenize with maxLength: ${maxTokens}`,
        );
      checkBelow(tokens, "token ids", ids, name, row);
    });
    // Where a family has no token types, those of the rows are not read.
    if (types > 0)
      rows.tokenTypeIds?.forEach((ids, row) => {
        checkBelow(types, "token types", ids, name, row);
      });
    if (rows.padTokenId !== undefined && rows.padTokenId >= tokens)
      throw new InputError(
        `${name}: this model knows token ids below ${tokens}, the rows are padded with ${rows.padTokenId}; tokenize with the model's own tokenizer`,
      );
  }

  /** Class names in the order of the logits. */
  get classes(): string[] {
    const id2label = this.config.id2label as Record<string, string>;
    return Array.from({ length: this.numLabels }, (_, i) => id2label[i]);
  }

  /**
   * One forward in eval mode: `logits` [batch, labels] and, on request, `hiddenStates`: the embeddings' output and each block's,
   * [batch, seq, hidden], the last one normed in families that norm it for the head. The caller disposes them.
   *
   *     const { logits } = model.forward({ inputIds: [[101, 7592, 102]] });
   *     logits.print();
   */
  forward(
    rows: TokenRows,
    options: { outputHiddenStates?: boolean } = {},
  ): { logits: tf.Tensor2D; hiddenStates: tf.Tensor3D[] } {
    const everyRow = options.outputHiddenStates ?? false;
    this.checkRows("inputIds", rows);
    const inputs = textInputs(toBatch(rows), { everyRow });
    const pass = new Pass();
    const hiddenStates: tf.Tensor3D[] = [];
    try {
      const logits = tf.tidy(() => {
        let x: Value | null = null;
        for (const [i, stage] of this.stages.entries()) {
          x = pass.scope(stage.name, () => stage.forward(pass, inputs, x));
          const next = this.stages[i + 1];
          if (everyRow && next) {
            // Behind what a block makes there may be what earlier ones made, for a head that reads several.
            const [rows, width] = [x.tensor.shape[0], hiddenStates[0]?.shape[2] ?? x.tensor.shape[1]!];
            const own = pass.input(tf.slice(x.tensor, [0, 0], [rows, width]));
            const state = next.norm ? next.norm.forward(pass, own).tensor : own.tensor;
            hiddenStates.push(
              tf.keep(tf.reshape(state, [inputs.batchSize, inputs.sequenceLength, -1])) as tf.Tensor3D,
            );
          }
        }
        return x!.tensor as tf.Tensor2D;
      });
      return { logits, hiddenStates };
    } finally {
      inputs.dispose();
    }
  }

  /** The tensors by name, as they are now; they stay the model's. */
  stateDict(): Record<string, tf.Tensor> {
    return Object.fromEntries(this.namedParameters().map(([name, parameter]) => [name, parameter.value]));
  }

  /** `config.json` as a saved model has it. */
  savedConfig(): Record<string, unknown> {
    return {
      ...this.config,
      // With a head that Python has no name for it is the encoder alone that loads there.
      architectures: [
        this.config.frostkit_head
          ? this.#parts.family.architecture.replace("ForSequenceClassification", "Model")
          : this.#parts.family.architecture,
      ],
      problem_type: this.problemType,
    };
  }

  /** Draws the parameters that the checkpoint lacked anew from another seed. */
  reinitialize(seed: number): void {
    const range = initializerRange(this.config);
    for (const { parameter, initializer } of this.#parts.fresh)
      parameter.assign(
        tf.tensor(initialValues(parameter.name, parameter.shape, initializer, range, seed), parameter.shape),
      );
  }

  /**
   * Writes config.json, model.safetensors and the tokenizer's files, as Python's `AutoModelForSequenceClassification` reads them.
   * The folder holds the old model or the new one, never half of each. Adapters are merged into the weights that are written; the
   * model keeps both apart.
   */
  async savePretrained(folder: string, options: { dtype?: WeightType } = {}): Promise<void> {
    const { dtype = "F32" } = options;
    const adapted = new Map(this.adapters().map(({ weight, lora }) => [weight, lora]));
    await this.#parts.save(folder, {
      config: {
        ...this.savedConfig(),
        dtype: { F32: "float32", F16: "float16", BF16: "bfloat16" }[dtype],
      },
      tensors: [...this.#byName].map(([name, parameter]) => ({
        name,
        shape: parameter.shape,
        data: () => mergedValues(parameter, adapted.get(parameter)),
      })),
      dtype,
      carryFrom: this.folder,
    });
  }

  /** sha256 of the checkpoint's files as they were loaded. */
  checkpointHash(): Promise<string> {
    return this.#parts.checkpointHash();
  }

  dispose(): void {
    for (const [, parameter] of this.namedParameters()) parameter.dispose();
  }
}

async function mergedValues({ value }: Parameter, lora: Lora | undefined): Promise<Float32Array> {
  if (!lora || lora.merged) return (await value.data()) as Float32Array;
  const merged = tf.tidy(() => tf.add(value, loraChange(lora)));
  const values = (await merged.data()) as Float32Array;
  merged.dispose();
  return values;
}

export const initializerRange = (config: Record<string, unknown>): number =>
  typeof config.initializer_range === "number" ? config.initializer_range : 0.02;

function checkBelow(limit: number, what: string, ids: ArrayLike<number>, name: string, row: number): void {
  for (let i = 0; i < ids.length; i++)
    if (!(ids[i] >= 0 && ids[i] < limit))
      throw new InputError(
        `${name}: this model knows ${what} below ${limit}, row ${row} has ${ids[i]}; tokenize with the model's own tokenizer`,
      );
}

function toBatch({ inputIds, attentionMask, tokenTypeIds }: TokenRows) {
  const batchSize = inputIds.length;
  const sequenceLength = inputIds[0]?.length ?? 0;
  if (batchSize === 0 || sequenceLength === 0)
    throw new InputError("inputIds: expected at least one token, got none");
  const flat = (name: string, rows: number[][]) => {
    const wrong = rows.findIndex((row) => row.length !== sequenceLength);
    if (wrong !== -1 || rows.length !== batchSize)
      throw new InputError(
        `${name}: expected ${batchSize} rows of ${sequenceLength} (pad on the right), got ${rows.length} rows${wrong === -1 ? "" : `, row ${wrong} of ${rows[wrong].length}`}`,
      );
    return rows.flat();
  };
  return {
    batchSize,
    sequenceLength,
    inputIds: flat("inputIds", inputIds),
    attentionMask: attentionMask
      ? flat("attentionMask", attentionMask)
      : new Int32Array(batchSize * sequenceLength).fill(1),
    tokenTypeIds: tokenTypeIds && flat("tokenTypeIds", tokenTypeIds),
  };
}
