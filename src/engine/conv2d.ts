import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "./matMul";
import { spread } from "./spread";
import { wasmHeap } from "./wasmHeap";
import { cropImages, padImages, pixelOfWindows, type Steps } from "./window";

/**
 * Convolution of x [batch, height, width, in] with a `weight` [out, in, kh, kw] as PyTorch keeps it:
 * [batch, outHeight, outWidth, out], as `torch.nn.functional.conv2d` without a bias.
 */
export function conv2d(x: tf.Tensor4D, weight: tf.Tensor4D, { stride, padding }: Steps): tf.Tensor4D {
  // Padded by hand, since tfjs-node takes no padding by number.
  return tf.tidy(() => tf.conv2d(padImages(x, padding), toFilter(weight), stride, "valid"));
}

/** The gradient with regard to x, which had the shape `inputShape`. */
export function conv2dInputGradient(
  dy: tf.Tensor4D,
  weight: tf.Tensor4D,
  inputShape: [number, number, number, number],
  { stride, padding }: Steps,
): tf.Tensor4D {
  const [batch, height, width, channels] = inputShape;
  const [paddedHeight, paddedWidth] = [height + 2 * padding, width + 2 * padding];
  return tf.tidy(() => {
    if (!wasmHeap())
      return cropImages(
        tf.engine().runKernel(
          "Conv2DBackpropInput",
          { dy, filter: toFilter(weight) },
          {
            strides: stride,
            pad: "valid",
            dataFormat: "NHWC",
            inputShape: [batch, paddedHeight, paddedWidth, channels],
          },
        ) as tf.Tensor4D,
        padding,
      );
    // wasm's kernel goes pixel by pixel; the same as a convolution of the gradient, spread out, with the weight turned around.
    const [, , kh, kw] = weight.shape;
    const apart = spread(dy, stride);
    const [, h, w] = apart.shape;
    const wide = tf.pad(apart, [
      [0, 0],
      [kh - 1, Math.max(0, paddedHeight - h)],
      [kw - 1, Math.max(0, paddedWidth - w)],
      [0, 0],
    ]);
    const needed = tf.slice(
      wide,
      [0, 0, 0, 0],
      [batch, paddedHeight + kh - 1, paddedWidth + kw - 1, dy.shape[3]],
    );
    const turned = tf.reverse(tf.transpose(weight, [2, 3, 0, 1]), [0, 1]) as tf.Tensor4D;
    return cropImages(tf.conv2d(needed, turned, 1, "valid"), padding);
  });
}

/** The gradient with regard to the weight, [out, in, kh, kw]. */
export function conv2dWeightGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  weightShape: [number, number, number, number],
  { stride, padding }: Steps,
): tf.Tensor4D {
  const [out, channels, kh, kw] = weightShape;
  return tf.tidy(() => {
    // TensorFlow's kernel writes past its memory where a 1 x 1 window of stride 2 leaves a last row out; so that row goes first.
    const [height, width] = [1, 2].map((axis) => (dy.shape[axis] - 1) * stride);
    const padded = tf.slice(
      padImages(x, padding),
      [0, 0, 0, 0],
      [x.shape[0], height + kh, width + kw, channels],
    );
    const filterShape = [kh, kw, channels, out];
    const gradient = wasmHeap()
      ? filterGradient(padded, dy, filterShape, stride)
      : tf
          .engine()
          .runKernel(
            "Conv2DBackpropFilter",
            { x: padded, dy },
            { strides: stride, pad: "valid", dataFormat: "NHWC", filterShape },
          );
    return tf.transpose(gradient as tf.Tensor4D, [3, 2, 0, 1]);
  });
}

/** tfjs's wasm backend has no Conv2DBackpropFilter: a product for each row of the window, so that few windows lie side by side. */
function filterGradient(
  padded: tf.Tensor4D,
  dy: tf.Tensor4D,
  [kh, kw, channels, out]: number[],
  stride: number,
): tf.Tensor {
  const [batch, height, width] = dy.shape;
  const rows = batch * height * width;
  const flat = tf.reshape(dy, [rows, out]);
  const parts = Array.from({ length: kh }, (_, i) =>
    tf.tidy(() => {
      const pixels = Array.from({ length: kw }, (_, j) =>
        pixelOfWindows(padded, [i, j], stride, [height, width]),
      );
      const beside = tf.reshape(tf.concat(pixels, 3), [rows, kw * channels]);
      return matMul(beside, flat, true, false);
    }),
  );
  return tf.reshape(tf.concat(parts, 0), [kh, kw, channels, out]);
}

/** From PyTorch's order to tfjs's: [kh, kw, in, out]. */
const toFilter = (weight: tf.Tensor4D): tf.Tensor4D => tf.transpose(weight, [2, 3, 1, 0]);
