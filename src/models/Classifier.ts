import * as tf from "@tensorflow/tfjs-core";
import { refuseName } from "../check";
import { tidyUp } from "../engine/recorder/recording";
import { InputError } from "../errors";
import { closeNames } from "../freeze";
import type { Adapted } from "../nn/linear";
import { adapterParameters, forget } from "../nn/lora";
import type { Parameter } from "../nn/Parameter";
import type { Stage, StageInputs } from "../nn/Stage";
import type { StepArrays } from "../nn/StepArrays";
import { checkArguments } from "../options/checkArguments";
import type { FloatTypeName } from "../options/floatType";
import { readOptions } from "../options/readOptions";
import { readTrainedOn, type TrainedOn, trainedOnField } from "../options/TrainedOn";
import { moduleTree } from "./moduleTree";
import { initialValues } from "./ParameterLoader";
import type { CheckedRows, Origin, Parts, ProblemType } from "./Parts";
import { STORED, savedTensors } from "./savedTensors";

/** What a forward gives. */
export interface ForwardOptions {
  /** Also gives what each stage below the head gives, embeddings or stem first. Default: false. */
  outputHiddenStates?: boolean;
}

/** How a model is written. */
export interface SaveOptions {
  /** How weights are stored: "fp32", "fp16" or "bf16", or as PyTorch and safetensors call these. Default: "fp32". */
  dtype?: FloatTypeName;
}

/**
 * A pretrained model with a head that tells classes, labels or a number from each row: what freezing, training and saving need
 * to know of it. Owns its tensors until `dispose()`. Weights are read from the checkpoint where they are first used.
 */
export abstract class Classifier<Inputs extends StageInputs = StageInputs> {
  /** First stage (embeddings or stem), blocks and head, in the order they run. */
  readonly stages: readonly Stage<Inputs>[];
  /** How many classes, labels or targets of a regression. */
  readonly numLabels: number;
  /** Names of the classes, labels or targets, in the order of the logits. */
  readonly classes: string[];
  /** What the labels mean. */
  readonly problemType: ProblemType;
  /** Names of parameters that the checkpoint lacked, drawn from the seed. */
  readonly newlyInitialized: string[];
  /** Tensors of the checkpoint that this model has no use for. */
  readonly unused: string[];
  /** Further lines on the checkpoint for the log. */
  readonly notes: string[];
  /** `config.json`, with a name for each label. */
  readonly config: Record<string, unknown>;
  /** How the texts were read that it was trained on, by the kit; null where that is not known. Saved with the model. */
  trainedOn: TrainedOn | null;
  /** Whether it tells a label of each token, and not of each row. */
  readonly perToken: boolean = false;
  /** The folder it was loaded from, and the files of it that a saved model needs; null where there was none. */
  readonly origin: Origin | null;
  #parts: Parts<Inputs>;
  #byName: Map<string, Parameter>;

  constructor(parts: Parts<Inputs>) {
    this.#parts = parts;
    this.stages = parts.stages;
    this.numLabels = parts.classes.length;
    this.classes = Object.freeze([...parts.classes]) as string[];
    this.problemType = parts.problemType;
    this.newlyInitialized = parts.fresh.map(({ parameter }) => parameter.name);
    this.unused = parts.unused;
    this.notes = parts.notes ?? [];
    // Apart from the config, which says what is computed and is part of what features are found by.
    const { [trainedOnField]: _, ...config } = parts.config;
    this.config = config;
    this.trainedOn = readTrainedOn(parts.config);
    this.origin = parts.origin ?? null;
    for (const name of FIXED) stays(this, name);
    this.#byName = new Map(parts.parameters.map((parameter) => [parameter.name, parameter]));
  }

  /** What identifies the architecture: `model_type` of Transformers, `architecture` of timm. */
  abstract readonly modelType: string;

  /** The checkpoint's folder. Throws an InputError where the model started from its config alone. */
  get folder(): string {
    return this.#ofCheckpoint("folder");
  }

  /** Throws an InputError that names the first row this model cannot take. */
  abstract checkRows(name: string, rows: CheckedRows): void;

  /**
   * Tensors of a batch as the rows' `batch` gives it, which `checkRows` has seen fit this model. Who runs stages on them disposes them.
   *
   * @internal
   */
  abstract inputsOf(batch: unknown): Inputs & { readonly arrays: StepArrays };

  /** `config.json` as a saved model has it. */
  abstract savedConfig(): Record<string, unknown>;

  /** `config.json` by which Transformers and Transformers.js take an export of the model, head and all, for a classifier. */
  abstract transformersConfig(): Record<string, unknown>;

  /** Names and parameters in checkpoint order, then those of adapters. */
  namedParameters(): [string, Parameter][] {
    const added = this.adapters().flatMap(({ lora }) => adapterParameters(lora));
    return [...this.#byName, ...added.map((parameter): [string, Parameter] => [parameter.name, parameter])];
  }

  /** The dense layers that `addLora` has put an adapter on. */
  adapters(): Adapted[] {
    const layers = new Set(this.stages.flatMap((stage) => stage.adaptable ?? []));
    return [...layers].filter((layer): layer is Adapted => layer.lora !== undefined);
  }

  /** Names and content of what is saved and loaded but never learned by gradients: running statistics. */
  namedBuffers(): [string, Parameter][] {
    return this.stages.flatMap(({ buffers = [] }) =>
      buffers.map((buffer): [string, Parameter] => [buffer.name, buffer]),
    );
  }

  /** The parameter of that name. Throws an InputError that names close ones where there is none. */
  parameter(name: string): Parameter {
    checkArguments("model.parameter", { name });
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

  /** What `topNLayerFreeze` freezes: embeddings or stem, then each block, with all the parameters that feed its output. */
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

  /** The tensors by name, as they are now, buffers behind the parameters; they stay the model's. */
  stateDict(): Record<string, tf.Tensor> {
    const all = [...this.namedParameters(), ...this.namedBuffers()];
    return Object.fromEntries(all.map(([name, { value }]) => [name, value]));
  }

  /** Draws the parameters that the checkpoint lacked anew from another seed. */
  reinitialize(seed: number): void {
    checkArguments("model.reinitialize", { seed });
    for (const { parameter, initializer } of this.#parts.fresh) {
      parameter.assign(
        tf.tensor(
          initialValues(parameter.name, parameter.shape, initializer, this.#parts.initializerRange, seed),
          parameter.shape,
        ),
      );
      parameter.markDrawn();
    }
  }

  /**
   * Writes config.json, model.safetensors and the files that belong to them, such as a tokenizer's, as Python reads them. The
   * folder holds the old model or the new one, never half of each; it is another than the one the model was loaded from. Adapters are merged into the weights that are written; the
   * model keeps both apart.
   */
  async savePretrained(folder: string, options: SaveOptions = {}): Promise<void> {
    const { dtype } = readOptions("savePretrained", options);
    checkArguments("savePretrained", { folder });
    await this.#parts.save(folder, {
      config: { ...this.savedConfig(), ...(this.trainedOn && { [trainedOnField]: this.trainedOn }) },
      tensors: savedTensors(this, this.#byName),
      dtype: STORED[dtype],
      origin: this.origin,
    });
  }

  /** sha256 of the checkpoint's files as they were loaded. Throws an InputError where there is none. */
  checkpointHash(): Promise<string> {
    return this.#ofCheckpoint("checkpointHash")();
  }

  /** What a console or a notebook says of it: its modules inside each other, as PyTorch prints them. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { architectures, architecture = this.modelType } = this.savedConfig();
    const name = Array.isArray(architectures) ? architectures[0] : architecture;
    const says = {
      single_label_classification: `${this.numLabels} classes`,
      multi_label_classification: `${this.numLabels} labels`,
      regression: this.numLabels === 1 ? "regression" : `regression of ${this.numLabels} targets`,
    };
    const told = says[this.problemType];
    return moduleTree(`${name}, ${told}`, this);
  }

  #ofCheckpoint<Part extends "folder" | "checkpointHash">(part: Part): Required<Parts<Inputs>>[Part] {
    const value = this.#parts[part];
    if (value === undefined)
      throw new InputError(
        `${part}: expected a model of a checkpoint, got one that started from its config alone; save it with savePretrained and load it`,
      );
    return value as Required<Parts<Inputs>>[Part];
  }

  /** Frees all its tensors, and what the engine has prepared for them. */
  dispose(): void {
    for (const [, parameter] of this.namedParameters()) parameter.dispose();
    for (const [, buffer] of this.namedBuffers()) buffer.dispose();
    for (const { lora } of this.adapters()) forget(lora);
    tidyUp();
  }
}

/** What another head would be needed for. */
const FIXED = ["classes", "numLabels", "problemType"] as const;

/** Lets a property be read alone: whatever is written to it would not be saved. */
function stays(model: Classifier, name: (typeof FIXED)[number]): void {
  const value = model[name];
  const set = () => {
    throw new InputError(
      `${name}: expected to stay as the model was loaded; load it again with another: fromPretrained(folder, { ${name}: … })`,
    );
  };
  Object.defineProperty(model, name, { enumerable: true, get: () => value, set });
}

for (const name of ["requiresGrad", "requires_grad", "trainable"])
  refuseName(
    Classifier.prototype,
    name,
    "a model as a whole has no such flag; freezeWhere(model, () => true) freezes it",
  );
