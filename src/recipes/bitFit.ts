import type { Classifier } from "../models/Classifier";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { trainOnly } from "./trainOnly";

/**
 * Lets the biases and the head learn and freezes all else (BitFit: Ben Zaken et al. 2022), whatever was frozen before; returns the frozen names. Such runs want some ten times
 * the usual learning rate.
 *
 * @throws InputError where the encoder has no biases, as ModernBERT as published
 * @example
 * ```ts
 * bitFit(model);
 * await fineTune(model, { train, valid }, { learningRate: 1e-3 });
 * ```
 */
export function bitFit(model: Classifier): string[];
export function bitFit(model: Classifier, ...more: unknown[]): string[] {
  noOptions("bitFit", more);
  checkArguments("bitFit", { model });
  return trainOnly(model, "biases", /\.bias$/);
}
