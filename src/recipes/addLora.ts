import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { loraChange } from "../nn/loraLinear";
import { Parameter } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { readOptions } from "../options/readOptions";
import { Random } from "../random";
import { headOf } from "./headOf";

/** Size and start of adapters. */
export interface LoraOptions {
  /** Rows of A and columns of B. Default: 8. */
  rank?: number;
  /** The change weighs alpha / rank. Default: 16. */
  alpha?: number;
  /** Rate of the dropout in front of A. Default: 0. */
  dropout?: number;
  /** Starts every random draw: the values of A. Default: 0. */
  seed?: number;
}

/**
 * Puts LoRA adapters (Hu et al. 2021) on the query and value layers of every block, lets them and the head learn, whatever was frozen
 * before, freezes all else, and returns the adapters' names, which are PEFT's: `….query.lora_A.weight` [rank, in], drawn from the seed, and `….query.lora_B.weight` [out, rank],
 * zeros, so that the model starts as it was.
 *
 * @throws InputError where the model has adapters already, or keeps query, key and value in one matrix (ModernBERT)
 * @example
 * ```ts
 * addLora(model, { rank: 8, alpha: 16 });
 * await fineTune(model, { train, valid }, { learningRate: 1e-3 });
 * await model.savePretrained("runs/model"); // merged: a checkpoint like any other
 * ```
 */
export function addLora(model: Classifier, options: LoraOptions = {}): string[] {
  const { rank, alpha, dropout, seed } = readOptions("addLora", options);
  checkArguments("addLora", { model });
  const layers = new Set(model.stages.flatMap((stage) => stage.adaptable ?? []));
  if (layers.size === 0)
    throw new InputError(
      `LoRA goes on query and value layers of their own, which ${model.modelType} has not; try bitFit, trainNorms or topNLayerFreeze`,
    );
  if (model.adapters().length > 0)
    throw new InputError("the model has adapters already; take them off by removeLora(model) first");
  const head = headOf(model);
  for (const [name, parameter] of model.namedParameters()) parameter.requiresGrad = head.has(name);
  for (const layer of layers) {
    const name = layer.weight.name.replace(/\.weight$/, "");
    const [to, from] = layer.weight.shape;
    layer.lora = {
      a: new Parameter(`${name}.lora_A.weight`, tf.tensor(drawA(name, rank, from, seed), [rank, from])),
      b: new Parameter(`${name}.lora_B.weight`, tf.zeros([to, rank])),
      scale: alpha / rank,
      dropout,
      merged: false,
    };
  }
  return model.adapters().flatMap(({ lora }) => [lora.a.name, lora.b.name]);
}

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
  for (const { weight, lora } of adapters(model)) {
    if (lora.merged) continue;
    weight.assign(tf.tidy(() => tf.add(weight.value, loraChange(lora))));
    lora.merged = true;
  }
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
  for (const { weight, lora } of adapters(model)) {
    if (!lora.merged) continue;
    weight.assign(tf.tidy(() => tf.sub(weight.value, loraChange(lora))));
    lora.merged = false;
  }
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
    layer.lora.a.dispose();
    layer.lora.b.dispose();
    delete (layer as { lora?: unknown }).lora;
  }
}

function adapters(model: Classifier) {
  const found = model.adapters();
  if (found.length === 0) throw new InputError("the model has no adapters; addLora(model) puts them on");
  return found;
}
