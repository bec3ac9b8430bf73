import type { SequenceClassifier } from "../models/SequenceClassifier";
import { trainOnly } from "./trainOnly";

/**
 * Freezes all but the layer norms and the head, and returns the frozen names. Like `bitFit` it wants a high learning rate.
 *
 *     trainNorms(model);
 *     await fineTune(model, { train, valid }, { learningRate: 1e-3 });
 */
export const trainNorms = (model: SequenceClassifier): string[] =>
  trainOnly(model, "norms", /norm\.(weight|bias)$/i);
