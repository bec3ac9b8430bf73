import * as tf from "@tensorflow/tfjs-core";
import { spread } from "./spread";
import { wasmHeap } from "./wasmHeap";
import { cropImages, padImages, pixelOfWindows, type Steps } from "./window";

/** Less than every pixel, so that what lies outside the image is never the largest. */
const OUTSIDE = -3.4e38;

/** The largest pixel of each `size` x `size` window of x [batch, height, width, channels], as `torch.nn.functional.max_pool2d`. */
export function maxPool(x: tf.Tensor4D, size: number, { stride, padding }: Steps): tf.Tensor4D {
  return tf.tidy(() => tf.maxPool(padImages(x, padding, OUTSIDE), size, stride, "valid"));
}

/** The gradient with regard to x: it goes to the pixel that was the largest, of several equal ones to the first. */
export function maxPoolGradient(
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  y: tf.Tensor4D,
  size: number,
  { stride, padding }: Steps,
): tf.Tensor4D {
  return tf.tidy(() => {
    const padded = padImages(x, padding, OUTSIDE);
    const dx = wasmHeap()
      ? composed(dy, padded, y, size, stride)
      : (tf
          .engine()
          .runKernel(
            "MaxPoolGrad",
            { dy, input: padded, output: y },
            { filterSize: size, strides: stride, pad: "valid" },
          ) as tf.Tensor4D);
    return cropImages(dx, padding);
  });
}

/** tfjs's wasm backend has no MaxPoolGrad. */
function composed(
  dy: tf.Tensor4D,
  padded: tf.Tensor4D,
  y: tf.Tensor4D,
  size: number,
  stride: number,
): tf.Tensor4D {
  const [batch, height, width, channels] = padded.shape;
  const windows: [number, number] = [y.shape[1], y.shape[2]];
  let left: tf.Tensor = tf.onesLike(y);
  let dx: tf.Tensor4D | null = null;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const [sum, rest] = tf.tidy(() => {
        const pixel = pixelOfWindows(padded, [i, j], stride, windows);
        const largest = tf.mul(tf.cast(tf.equal(pixel, y), "float32"), left);
        const apart = spread(tf.mul(dy, largest) as tf.Tensor4D, stride);
        // Behind the last window's pixel lie zeros alone, some of them beyond the image.
        const within = tf.slice(
          apart,
          [0, 0, 0, 0],
          [batch, Math.min(apart.shape[1], height - i), Math.min(apart.shape[2], width - j), channels],
        );
        const placed = tf.pad(within, [
          [0, 0],
          [i, height - i - within.shape[1]],
          [j, width - j - within.shape[2]],
          [0, 0],
        ]);
        return [dx ? tf.add(dx, placed) : placed, tf.sub(left, largest)];
      });
      tf.dispose([dx, left].filter((tensor) => tensor !== null));
      dx = sum as tf.Tensor4D;
      left = rest;
    }
  return dx!;
}
