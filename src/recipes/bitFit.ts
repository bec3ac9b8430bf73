import type { Classifier } from "../models/Classifier";
import { trainOnly } from "./trainOnly";

/**
 * Freezes all but the biases and the head (BitFit: Ben Zaken et al. 2022) and returns the frozen names. Such runs want some ten times
 * the usual learning rate.
 *
 * @throws InputError where the encoder has no biases, as ModernBERT as published
 * @example
 * ```ts
 * bitFit(model);
 * await fineTune(model, { train, valid }, { learningRate: 1e-3 });
 * ```
 */
export const bitFit = (model: Classifier): string[] => trainOnly(model, "biases", /\.bias$/);
