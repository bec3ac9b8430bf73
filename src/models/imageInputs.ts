import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type StepArrays, tensorOf } from "../nn/StepArrays";

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
  readonly arrays: StepArrays;
  readonly batchSize: number;
  /** [batch, height, width, 3] */
  readonly pixelValues: tf.Tensor4D;
  dispose(): void;
}

/** Normalises a batch of bytes into a tensor, when it is first read. The caller disposes it. */
export function imageInputs({ height, width, pixels, mean, std }: ImageBatch): ImageInputs {
  const size = height * width * 3;
  pixels.forEach((image, row) => {
    if (image.length !== size)
      throw new InputError(
        `pixels: expected ${height} x ${width} x 3 bytes an image, row ${row} has ${image.length}`,
      );
  });
  const arrays: StepArrays = {
    pixelValues: {
      shape: [pixels.length, height, width, 3],
      dtype: "float32",
      numbers: () => normalised(pixels, size, mean, std),
    },
  };
  let made: tf.Tensor4D | null = null;
  return {
    arrays,
    batchSize: pixels.length,
    get pixelValues() {
      made ??= tf.keep(tensorOf(arrays, "pixelValues") as tf.Tensor4D);
      return made;
    },
    dispose: () => made?.dispose(),
  };
}

function normalised(
  pixels: ImageBatch["pixels"],
  size: number,
  mean: readonly number[],
  std: readonly number[],
): Float32Array {
  const values = new Float32Array(pixels.length * size);
  const tables = mean.map((m, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / std[c]),
  );
  pixels.forEach((image, row) => {
    for (let i = 0; i < size; i++) values[row * size + i] = tables[i % 3][image[i]];
  });
  return values;
}

/** Takes ownership of pixel values that are normalised already, [batch, height, width, 3]. */
export function ownImages(pixelValues: tf.Tensor4D): ImageInputs {
  tf.keep(pixelValues);
  return { arrays: {}, batchSize: pixelValues.shape[0], pixelValues, dispose: () => pixelValues.dispose() };
}
