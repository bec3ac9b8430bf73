import type { Classifier } from "../models/Classifier";
import { trainOnly } from "./trainOnly";

// What transformers call their norms, and timm a ResNet's.
const NORM = /(norm|\bbn\d|downsample\.1)\.(weight|bias)$/i;

/**
 * Freezes all but the norms and the head, and returns the frozen names. Like `bitFit` it wants a high learning rate.
 *
 * @throws InputError where the encoder has no norms
 * @example
 * ```ts
 * trainNorms(model);
 * await fineTune(model, { train, valid }, { learningRate: 1e-3 });
 * ```
 */
export const trainNorms = (model: Classifier): string[] => trainOnly(model, "norms", NORM);
