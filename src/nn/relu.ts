import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/** max(x, 0). It keeps its output, which a convolution behind it keeps as well, so that both together cost one tensor. */
export function relu(pass: Pass, x: Value): Value {
  const y = tf.relu(x.tensor);
  return pass.record(
    y,
    [x],
    () => [y],
    (dy, [y]) => [tf.tidy(() => tf.mul(dy, tf.step(y)))],
    (graph, inputs) => graph.op("Relu", inputs),
  );
}
