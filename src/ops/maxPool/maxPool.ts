import * as tf from "@tensorflow/tfjs-core";
import { cropImages, padImages, type Steps } from "../conv2d/window";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";

/** Less than every pixel, so that what lies outside the image is never the largest. */
const OUTSIDE = -3.4e38;

/** The largest pixel of each `size` x `size` window of x [batch, height, width, channels], as `torch.nn.functional.max_pool2d`. */
export function maxPool(x: tf.Tensor4D, size: number, { stride, padding }: Steps): tf.Tensor4D {
  return tf.tidy(() => tf.maxPool(padImages(x, padding, OUTSIDE), size, stride, "valid"));
}

interface Inputs {
  dy: tf.Tensor4D;
  x: tf.Tensor4D;
  y: tf.Tensor4D;
  size: number;
  steps: Steps;
}

/** The gradient with regard to x: it goes to the pixel that was the largest, of several equal ones to the first. */
export const maxPoolGradient = (
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  y: tf.Tensor4D,
  size: number,
  steps: Steps,
): tf.Tensor4D => maxPoolGradientOp({ dy, x, y, size, steps }).dx;

export const maxPoolGradientOp = defineOp<Inputs, { dx: tf.Tensor4D }>({
  name: "maxPoolGradient",
  inputs: {
    dy: "as y",
    x: "[batch, height, width, channels]",
    y: "what maxPool gave",
    size: "of the window",
    steps: "stride, padding",
  },
  outputs: { dx: "as x" },
  precision: null,
  composed({ dy, x, y, size, steps: { stride, padding } }) {
    const inputs = { dy, input: padImages(x, padding, OUTSIDE), output: y };
    const attributes = { filterSize: size, strides: stride, pad: "valid" };
    return {
      dx: cropImages(tf.engine().runKernel("MaxPoolGrad", inputs, attributes) as tf.Tensor4D, padding),
    };
  },
  kernels: [],
  *examples() {
    for (const [height, size, stride, padding] of [
      [6, 3, 2, 1],
      [7, 3, 2, 1],
      [4, 2, 2, 0],
      [5, 3, 1, 1],
    ])
      yield {
        title: `${size} x ${size} over ${height} x ${height + 1}, stride ${stride}, padding ${padding}`,
        inputs() {
          const x = drawn("x", 2, height, height + 1, 3) as tf.Tensor4D;
          const steps = { stride, padding };
          const y = maxPool(x, size, steps);
          return { dy: drawn("dy", ...y.shape) as tf.Tensor4D, x, y, size, steps };
        },
        tolerance: 1e-6,
      };
  },
});
