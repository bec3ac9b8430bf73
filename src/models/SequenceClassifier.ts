import type * as tf from "@tensorflow/tfjs-core";
import { TextClassifier } from "./TextClassifier";

/**
 * A pretrained text encoder with a head that sorts texts into classes, gives several labels each, or predicts a number.
 * Made by `AutoModelForSequenceClassification.fromPretrained`; owns its tensors until `dispose()`.
 */
export class SequenceClassifier extends TextClassifier<tf.Tensor2D> {
  savedConfig(): Record<string, unknown> {
    return {
      ...this.config,
      // With a head that Python has no name for it is the encoder alone that loads there.
      architectures: [
        this.config.frostkit_head
          ? this.family.architecture.replace("ForSequenceClassification", "Model")
          : this.family.architecture,
      ],
      problem_type: this.problemType,
    };
  }

  transformersConfig(): Record<string, unknown> {
    return { ...this.savedConfig(), architectures: [this.family.architecture] };
  }
}
