import type * as tf from "@tensorflow/tfjs-core";
import type { Steps } from "../ops/conv2d/window";
import * as ops from "../ops/maxPool/maxPool";
import type { Pass, Value } from "./Pass";

/** The largest pixel of each window: [batch, height, width, channels] → [batch, outHeight, outWidth, channels]. */
export function maxPool(pass: Pass, x: Value, { size, ...steps }: { size: number } & Steps): Value {
  const images = x.tensor as tf.Tensor4D;
  const y = ops.maxPool(images, size, steps);
  return pass.record({
    op: "maxPool",
    settings: { size, ...steps },
    output: y,
    inputs: { x },
    saved: () => ({ images, y }),
    backward: (dy, { images, y }) => ({
      x: ops.maxPoolGradient(dy as tf.Tensor4D, images, y, size, steps),
    }),
  });
}
