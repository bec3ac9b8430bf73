import type * as tf from "@tensorflow/tfjs-core";
import * as engine from "../ops/conv2d/conv2d";
import type { Steps } from "../ops/conv2d/window";
import type { OnnxAttribute } from "./OnnxGraph";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A convolution without a bias: `weight` [out, in, kh, kw], as PyTorch's `Conv2d` keeps it. */
export interface Conv2d extends Steps {
  weight: Parameter;
}

/**
 * Images [batch, height, width, in] → [batch, outHeight, outWidth, out]. In ONNX, here and in the other ops on images, channels come
 * second.
 */
export function conv2d(pass: Pass, x: Value, { weight, ...steps }: Conv2d): Value {
  const images = x.tensor as tf.Tensor4D;
  const { shape } = images;
  const filter = () => weight.value as tf.Tensor4D;
  return pass.record(
    engine.conv2d(images, filter(), steps),
    [x, weight],
    () => (pass.tracks(weight) ? [images] : []),
    (dy, [images]) => [
      pass.tracks(x) ? engine.conv2dInputGradient(dy as tf.Tensor4D, filter(), shape, steps) : null,
      pass.tracks(weight)
        ? engine.conv2dWeightGradient(images as tf.Tensor4D, dy as tf.Tensor4D, filter().shape, steps)
        : null,
    ],
    (graph, inputs) => graph.op("Conv", inputs, stepsOnnx(steps)),
  );
}

/** The attributes of an ONNX node whose window goes so over an image. */
export const stepsOnnx = ({ stride, padding }: Steps): Record<string, OnnxAttribute> => ({
  strides: { ints: [stride, stride] },
  pads: { ints: [padding, padding, padding, padding] },
});
