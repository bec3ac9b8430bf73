import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/** The mean over each image: [batch, height, width, channels] → [batch, channels]. */
export function globalAveragePool(pass: Pass, x: Value): Value {
  const [batch, height, width, channels] = x.tensor.shape as [number, number, number, number];
  return pass.record({
    op: "globalAveragePool",
    output: tf.tidy(() => tf.mean(tf.reshape(x.tensor, [batch, height * width, channels]), 1)),
    inputs: { x },
    backward: (dy) => ({
      x: tf.tile(tf.reshape(tf.div(dy, height * width), [batch, 1, 1, channels]), [1, height, width, 1]),
    }),
  });
}
