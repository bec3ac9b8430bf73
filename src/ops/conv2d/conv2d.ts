import * as tf from "@tensorflow/tfjs-core";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";
import type { Example } from "../Op";
import { cropImages, padImages, type Steps } from "./window";

type Shape4D = [number, number, number, number];

/**
 * Convolution of x [batch, height, width, in] with a `weight` [out, in, kh, kw] as PyTorch keeps it:
 * [batch, outHeight, outWidth, out], as `torch.nn.functional.conv2d` without a bias.
 */
export function conv2d(x: tf.Tensor4D, weight: tf.Tensor4D, { stride, padding }: Steps): tf.Tensor4D {
  // Padded by hand, since tfjs-node takes no padding by number.
  return tf.tidy(() => tf.conv2d(padImages(x, padding), toFilter(weight), stride, "valid"));
}

/** The gradient with regard to x, which had the shape `inputShape`. */
export const conv2dInputGradient = (
  dy: tf.Tensor4D,
  weight: tf.Tensor4D,
  inputShape: Shape4D,
  steps: Steps,
): tf.Tensor4D => conv2dInputGradientOp({ dy, weight, inputShape, steps }).dx;

/** The gradient with regard to the weight, [out, in, kh, kw]. */
export const conv2dWeightGradient = (
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  weightShape: Shape4D,
  steps: Steps,
): tf.Tensor4D => conv2dWeightGradientOp({ x, dy, weightShape, steps }).dw;

interface OfInput {
  dy: tf.Tensor4D;
  weight: tf.Tensor4D;
  inputShape: Shape4D;
  steps: Steps;
}

export const conv2dInputGradientOp = defineOp<OfInput, { dx: tf.Tensor4D }>({
  name: "conv2dInputGradient",
  inputs: {
    dy: "[batch, outHeight, outWidth, out]",
    weight: "[out, in, kh, kw]",
    inputShape: "four sizes",
    steps: "stride, padding",
  },
  outputs: { dx: "[batch, height, width, in]" },
  precision: null,
  composed({ dy, weight, inputShape, steps: { stride, padding } }) {
    const [batch, height, width, channels] = inputShape;
    const padded = [batch, height + 2 * padding, width + 2 * padding, channels];
    const attributes = { strides: stride, pad: "valid", dataFormat: "NHWC", inputShape: padded };
    const inputs = { dy, filter: toFilter(weight) };
    const dx = tf.engine().runKernel("Conv2DBackpropInput", inputs, attributes) as tf.Tensor4D;
    return { dx: cropImages(dx, padding) };
  },
  kernels: [],
  examples: () =>
    windowExamples(1e-5, ({ input, weight, output, steps }) => ({
      dy: drawn("dy", ...output) as tf.Tensor4D,
      weight: drawn("w", ...weight) as tf.Tensor4D,
      inputShape: input,
      steps,
    })),
});

interface OfWeight {
  x: tf.Tensor4D;
  dy: tf.Tensor4D;
  weightShape: Shape4D;
  steps: Steps;
}

export const conv2dWeightGradientOp = defineOp<OfWeight, { dw: tf.Tensor4D }>({
  name: "conv2dWeightGradient",
  inputs: {
    x: "[batch, height, width, in]",
    dy: "[batch, outHeight, outWidth, out]",
    weightShape: "four sizes",
    steps: "stride, padding",
  },
  outputs: { dw: "[out, in, kh, kw]" },
  precision: null,
  composed(inputs) {
    const { dy, steps } = inputs;
    const attributes = {
      strides: steps.stride,
      pad: "valid",
      dataFormat: "NHWC",
      filterShape: filterShape(inputs),
    };
    const made = tf.engine().runKernel("Conv2DBackpropFilter", { x: seen(inputs), dy }, attributes);
    return { dw: tf.transpose(made as tf.Tensor4D, [3, 2, 0, 1]) };
  },
  kernels: [],
  examples: () =>
    windowExamples(3e-5, ({ input, weight, output, steps }) => ({
      x: drawn("x", ...input) as tf.Tensor4D,
      dy: drawn("dy", ...output) as tf.Tensor4D,
      weightShape: weight,
      steps,
    })),
});

const filterShape = ({ weightShape: [out, channels, kh, kw] }: OfWeight) => [kh, kw, channels, out];

/**
 * The padded images, as far as a window reads them: TensorFlow's kernel writes past its memory where a 1 x 1 window of stride 2 leaves a
 * last row out.
 */
function seen({
  x,
  dy,
  weightShape: [, channels, kh, kw],
  steps: { stride, padding },
}: OfWeight): tf.Tensor4D {
  const [height, width] = [1, 2].map((axis) => (dy.shape[axis] - 1) * stride);
  const size = [x.shape[0], height + kh, width + kw, channels];
  return tf.slice(padImages(x, padding), [0, 0, 0, 0], size) as tf.Tensor4D;
}

/** From PyTorch's order to tfjs's: [kh, kw, in, out]. */
const toFilter = (weight: tf.Tensor4D): tf.Tensor4D => tf.transpose(weight, [2, 3, 1, 0]);

interface Shapes {
  input: Shape4D;
  weight: Shape4D;
  output: Shape4D;
  steps: Steps;
}

/** Windows of a ResNet, and some that leave pixels out. */
function* windowExamples<In>(tolerance: number, inputs: (shapes: Shapes) => In): Iterable<Example<In>> {
  for (const { size, kernel, stride, padding } of [
    { size: 7, kernel: 7, stride: 2, padding: 3 },
    { size: 6, kernel: 3, stride: 1, padding: 1 },
    { size: 7, kernel: 3, stride: 2, padding: 1 },
    { size: 5, kernel: 1, stride: 1, padding: 0 },
    { size: 6, kernel: 1, stride: 2, padding: 0 },
  ]) {
    const outSize = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
    const [height, width] = [size, size + 1];
    const shapes: Shapes = {
      input: [2, height, width, 3],
      weight: [4, 3, kernel, kernel],
      output: [2, outSize(height), outSize(width), 4],
      steps: { stride, padding },
    };
    const title = `${kernel} x ${kernel} over ${height} x ${width}, stride ${stride}, padding ${padding}`;
    yield { title, inputs: () => inputs(shapes), tolerance };
  }
}
