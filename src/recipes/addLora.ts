import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import type { Adaptable } from "../nn/linear";
import { adapterParameters, forget, mergeChange, rowLengths, unmergeChange } from "../nn/lora";
import { Parameter } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { readOptions } from "../options/readOptions";
import { Random } from "../random";
import { headOf } from "./headOf";
import { targetLayers } from "./targetLayers";

/** Size and start of adapters, and what they are put on. */
export interface LoraOptions {
  /** Rows of A and columns of B. Default: 8. */
  rank?: number;
  /** The change weighs alpha / rank. Default: 16. */
  alpha?: number;
  /** Rate of the dropout in front of A. Default: 0. */
  dropout?: number;
  /**
   * Which dense layers of the blocks carry adapters: how their names end, as "query", "attention.output.dense". Default: those of
   * query and value.
   */
  targetModules?: string[];
  /** In which blocks, counted from 0. Default: all. */
  layersToTransform?: number[];
  /**
   * Whether the change weighs alpha / √rank instead, so that a large rank learns as fast as a small one (rsLoRA: Kalajdzievski
   * 2023). Default: false.
   */
  useRslora?: boolean;
  /** Whether the length of each row of the changed weight learns by itself (DoRA: Liu et al. 2024). Default: false. */
  useDora?: boolean;
  /** Starts every random draw: the values of A. Default: 0. */
  seed?: number;
}

/**
 * Puts LoRA adapters (Hu et al. 2021) on dense layers of the blocks, those of query and value in every block unless told otherwise, lets
 * them and the head learn, whatever was frozen before, freezes all else, and returns the adapters' names, which are PEFT's:
 * `….query.lora_A.weight` [rank, in], drawn from the seed, and `….query.lora_B.weight` [out, rank], zeros, so that the model starts as it
 * was; with DoRA (Liu et al. 2024) also `….query.lora_magnitude_vector` [out].
 *
 * @throws InputError where the model has adapters already, or none of the layers
 * @example
 * ```ts
 * addLora(model, { rank: 8, alpha: 16, targetModules: ["query", "key", "value"], layersToTransform: [4, 5] });
 * await fineTune(model, { train, valid }, { learningRate: 1e-3 });
 * await model.savePretrained("runs/model"); // merged: a checkpoint like any other
 * ```
 */
export function addLora(model: Classifier, options: LoraOptions = {}): string[] {
  const { rank, alpha, dropout, seed, useRslora, useDora, ...chosen } = readOptions("addLora", options);
  checkArguments("addLora", { model });
  const layers = targetLayers(model, chosen);
  if (model.adapters().length > 0)
    throw new InputError("the model has adapters already; take them off by removeLora(model) first");
  learnAdapters(model);
  for (const layer of layers) {
    const name = moduleOf(layer);
    const [to, from] = layer.weight.shape;
    layer.lora = {
      a: new Parameter(`${name}.lora_A.weight`, tf.tensor(drawA(name, rank, from, seed), [rank, from])),
      b: new Parameter(`${name}.lora_B.weight`, tf.zeros([to, rank])),
      ...(useDora && {
        magnitude: new Parameter(`${name}.lora_magnitude_vector`, rowLengths(layer.weight.value)),
      }),
      scale: alpha / (useRslora ? Math.sqrt(rank) : rank),
      rankStabilized: useRslora,
      dropout,
      merged: false,
    };
  }
  return adapterNames(model);
}

/** What PyTorch calls the layer. */
export const moduleOf = ({ weight }: Adaptable): string => weight.name.replace(/\.weight$/, "");

/** Freezes all but the head: adapters that come after it learn. */
export function learnAdapters(model: Classifier): void {
  const head = headOf(model);
  for (const [name, parameter] of model.namedParameters()) parameter.requiresGrad = head.has(name);
}

export const adapterNames = (model: Classifier): string[] =>
  model.adapters().flatMap(({ lora }) => adapterParameters(lora).map(({ name }) => name));

/** Uniform within 1 / √in, as PEFT's `kaiming_uniform_(a=√5)`. */
function drawA(name: string, rank: number, from: number, seed: number): Float32Array {
  const random = new Random(seed, "lora_A", name);
  return Float32Array.from({ length: rank * from }, () => (2 * random.uniform() - 1) / Math.sqrt(from));
}

/**
 * Adds the adapters' changes to the weights: the same outputs, at the speed of a model without adapters, until `unmergeLora`.
 *
 * @throws InputError for anything but what it takes, and for a further argument
 * @example
 * ```ts
 * addLora(model, { rank: 8 });
 * await fineTune(model, { train, valid }, { learningRate: 1e-3, epochs: 1 });
 * mergeLora(model);
 * await exportOnnx(model, "runs/lora-onnx");
 * ```
 */
export function mergeLora(model: Classifier): void;
export function mergeLora(model: Classifier, ...more: unknown[]): void {
  noOptions("mergeLora", more);
  checkArguments("mergeLora", { model });
  for (const layer of adapters(model)) if (!layer.lora.merged) mergeChange(layer);
}

/**
 * Takes the changes out of the weights again, so that the adapters can learn on.
 *
 * @throws InputError for anything but what it takes, and for a further argument
 * @example
 * ```ts
 * addLora(model);
 * mergeLora(model);
 * unmergeLora(model); // the adapters learn on
 * ```
 */
export function unmergeLora(model: Classifier): void;
export function unmergeLora(model: Classifier, ...more: unknown[]): void {
  noOptions("unmergeLora", more);
  checkArguments("unmergeLora", { model });
  for (const layer of adapters(model)) if (layer.lora.merged) unmergeChange(layer);
}

/**
 * Takes the adapters off and frees them. What was merged stays in the weights; what was not is lost. Flags stay as they are.
 *
 * @throws InputError for anything but what it takes, and for a further argument
 * @example
 * ```ts
 * addLora(model);
 * mergeLora(model);
 * removeLora(model); // a plain model again, with the changes in its weights
 * ```
 */
export function removeLora(model: Classifier): void;
export function removeLora(model: Classifier, ...more: unknown[]): void {
  noOptions("removeLora", more);
  checkArguments("removeLora", { model });
  for (const layer of adapters(model)) {
    for (const parameter of adapterParameters(layer.lora)) parameter.dispose();
    forget(layer.lora);
    delete (layer as { lora?: unknown }).lora;
  }
}

function adapters(model: Classifier) {
  const found = model.adapters();
  if (found.length === 0) throw new InputError("the model has no adapters; addLora(model) puts them on");
  return found;
}
