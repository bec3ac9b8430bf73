import type * as tf from "@tensorflow/tfjs-core";
import { TextClassifier } from "./TextClassifier";

/**
 * A pretrained text encoder with a head that tells the label of each token. Made by
 * `AutoModelForTokenClassification.fromPretrained`; owns its tensors until `dispose()`.
 */
export class TokenClassifier extends TextClassifier<tf.Tensor3D> {
  override readonly perToken = true;

  savedConfig(): Record<string, unknown> {
    const { architecture } = this.family;
    return {
      ...this.config,
      architectures: [architecture.replace("ForSequenceClassification", "ForTokenClassification")],
    };
  }

  transformersConfig(): Record<string, unknown> {
    return this.savedConfig();
  }
}
