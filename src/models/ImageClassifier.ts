import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { Pass, type Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import type { Architecture } from "./Architecture";
import { Classifier, type ForwardOptions } from "./Classifier";
import { Config } from "./Family";
import { type ImageBatch, type ImageInputs, imageInputs, ownImages } from "./imageInputs";
import { labelFields } from "./labelFields";
import type { CheckedRows, Parts } from "./Parts";

/** Images as PyTorch has them: [batch, 3, height, width], normalised. */
export type PixelValues = tf.Tensor4D | number[][][][];

/**
 * A pretrained image model with a head that sorts images into classes. Made by
 * `AutoModelForImageClassification.fromPretrained`; owns its tensors until `dispose()`.
 */
export class ImageClassifier extends Classifier<ImageInputs> {
  readonly modelType: string;
  #architecture: Architecture;

  constructor(parts: Parts<ImageInputs> & { architecture: Architecture }) {
    super(parts);
    this.#architecture = parts.architecture;
    this.modelType = parts.architecture.name;
  }

  /** Throws an InputError that names the first image whose bytes are not those of its size. */
  checkRows(name: string, rows: CheckedRows): void {
    checkArguments("model.checkRows", { name, rows });
    if (!("pixels" in rows))
      throw new InputError(`${name}: ${this.modelType} reads images, got texts; load a text model for them`);
    const size = rows.height * rows.width * 3;
    const wrong = rows.pixels.findIndex(({ length }) => length !== size);
    if (wrong !== -1)
      throw new InputError(
        `${name}: expected ${rows.height} x ${rows.width} x 3 bytes an image, row ${wrong} has ${rows.pixels[wrong].length}`,
      );
  }

  /** @internal */
  inputsOf(batch: ImageBatch): ImageInputs {
    return imageInputs(batch);
  }

  /**
   * One forward in eval mode: `logits` [batch, classes] and, on request, `hiddenStates`: what stem and stages give, each
   * [batch, height, width, channels]. The caller disposes them.
   *
   * @example
   * ```ts
   * import * as tf from "@tensorflow/tfjs-core";
   * import { AutoModelForImageClassification } from "frostkit";
   *
   * const model = await AutoModelForImageClassification.fromPretrained("timm/resnet18.a1_in1k");
   * const { logits } = model.forward(tf.zeros([1, 3, 224, 224]));
   * console.log(await logits.data());
   * logits.dispose();
   * ```
   */
  forward(
    pixelValues: PixelValues,
    options: ForwardOptions = {},
  ): { logits: tf.Tensor2D; hiddenStates: tf.Tensor4D[] } {
    const { outputHiddenStates } = readOptions("model.forward", options);
    checkArguments("model.forward of images", { pixelValues });
    const inputs = ownImages(tf.tidy(() => toChannelsLast(pixelValues)));
    const hiddenStates: tf.Tensor4D[] = [];
    const seen = ({ tensor }: Value, i: number) => {
      if (outputHiddenStates && i < this.stages.length - 1) hiddenStates.push(tf.keep(tensor as tf.Tensor4D));
    };
    const logits = runStages(new Pass(), this.stages, inputs, { seen }).tensor as tf.Tensor2D;
    return { logits, hiddenStates };
  }

  savedConfig(): Record<string, unknown> {
    const pretrained = this.config.pretrained_cfg as Record<string, unknown> | undefined;
    return {
      ...this.config,
      num_classes: this.numLabels,
      label_names: this.classes,
      ...(pretrained ? { pretrained_cfg: { ...pretrained, num_classes: this.numLabels } } : {}),
    };
  }

  transformersConfig(): Record<string, unknown> {
    return {
      ...this.#architecture.transformersConfig(new Config(this.config)),
      ...labelFields(this.classes),
      problem_type: this.problemType,
    };
  }
}

/** From [batch, 3, height, width] to [batch, height, width, 3]. */
export function toChannelsLast(pixelValues: PixelValues): tf.Tensor4D {
  const images = Array.isArray(pixelValues) ? tf.tensor(pixelValues) : pixelValues;
  if (images.shape.length !== 4 || images.shape[1] !== 3)
    throw new InputError(`pixelValues: expected [batch, 3, height, width], got [${images.shape}]`);
  return tf.transpose(images as tf.Tensor4D, [0, 2, 3, 1]);
}
