import type * as tf from "@tensorflow/tfjs-core";
import type { Steps } from "../ops/conv2d/window";
import * as engine from "../ops/maxPool/maxPool";
import { stepsOnnx } from "./conv2d";
import type { Pass, Value } from "./Pass";

/** The largest pixel of each window: [batch, height, width, channels] → [batch, outHeight, outWidth, channels]. */
export function maxPool(pass: Pass, x: Value, { size, ...steps }: { size: number } & Steps): Value {
  const images = x.tensor as tf.Tensor4D;
  const y = engine.maxPool(images, size, steps);
  return pass.record(
    y,
    [x],
    () => [images, y],
    (dy, [images, y]) => [
      engine.maxPoolGradient(dy as tf.Tensor4D, images as tf.Tensor4D, y as tf.Tensor4D, size, steps),
    ],
    (graph, inputs) =>
      graph.op("MaxPool", inputs, { kernel_shape: { ints: [size, size] }, ...stepsOnnx(steps) }),
  );
}
