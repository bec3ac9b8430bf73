import type * as tf from "@tensorflow/tfjs-core";
import * as ops from "../ops/conv2d/conv2d";
import type { Steps } from "../ops/conv2d/window";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A convolution without a bias: `weight` [out, in, kh, kw], as PyTorch's `Conv2d` keeps it. */
export interface Conv2d extends Steps {
  weight: Parameter;
}

/** Images [batch, height, width, in] → [batch, outHeight, outWidth, out]. */
export function conv2d(pass: Pass, x: Value, { weight, ...steps }: Conv2d): Value {
  const images = x.tensor as tf.Tensor4D;
  const { shape } = images;
  const filter = () => weight.value as tf.Tensor4D;
  return pass.record({
    op: "conv2d",
    settings: steps,
    output: ops.conv2d(images, filter(), steps),
    inputs: { x, weight },
    saved: (wanted) => ({ images: wanted.weight ? images : null }),
    backward: (dy, saved, wanted) => ({
      x: wanted.x ? ops.conv2dInputGradient(dy as tf.Tensor4D, filter(), shape, steps) : null,
      weight: wanted.weight
        ? ops.conv2dWeightGradient(saved.images!, dy as tf.Tensor4D, filter().shape, steps)
        : null,
    }),
  });
}
