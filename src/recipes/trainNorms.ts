import type { Classifier } from "../models/Classifier";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { trainOnly } from "./trainOnly";

// What transformers call their norms, and timm a ResNet's.
const NORM = /(norm|\bbn\d|downsample\.1)\.(weight|bias)$/i;

/**
 * Lets the norms and the head learn and freezes all else, whatever was frozen before; returns the frozen names. Like `bitFit` it wants a high learning rate.
 *
 * @throws InputError where the encoder has no norms
 * @example
 * ```ts
 * trainNorms(model);
 * await fineTune(model, { train, valid }, { learningRate: 1e-3 });
 * ```
 */
export function trainNorms(model: Classifier): string[];
export function trainNorms(model: Classifier, ...more: unknown[]): string[] {
  noOptions("trainNorms", more);
  checkArguments("trainNorms", { model });
  return trainOnly(model, "norms", NORM);
}
