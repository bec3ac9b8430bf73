import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";

/** A batch of images as bytes, and what is taken off and divided by in each colour once they lie between 0 and 1. */
export interface ImageBatch {
  height: number;
  width: number;
  /** Each [height · width · 3], red, green, blue. */
  pixels: readonly Uint8Array[];
  mean: readonly number[];
  std: readonly number[];
}

/** What an image model's stages start from. */
export interface ImageInputs {
  readonly batchSize: number;
  /** [batch, height, width, 3] */
  readonly pixelValues: tf.Tensor4D;
  dispose(): void;
}

/** Normalises a batch of bytes into a tensor. The caller disposes it. */
export function imageInputs({ height, width, pixels, mean, std }: ImageBatch): ImageInputs {
  const size = height * width * 3;
  const values = new Float32Array(pixels.length * size);
  const tables = mean.map((m, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / std[c]),
  );
  pixels.forEach((image, row) => {
    if (image.length !== size)
      throw new InputError(
        `pixels: expected ${height} x ${width} x 3 bytes an image, row ${row} has ${image.length}`,
      );
    for (let i = 0; i < size; i++) values[row * size + i] = tables[i % 3][image[i]];
  });
  return ownImages(tf.tensor4d(values, [pixels.length, height, width, 3]));
}

/** Takes ownership of pixel values that are normalised already, [batch, height, width, 3]. */
export function ownImages(pixelValues: tf.Tensor4D): ImageInputs {
  tf.keep(pixelValues);
  return { batchSize: pixelValues.shape[0], pixelValues, dispose: () => pixelValues.dispose() };
}
