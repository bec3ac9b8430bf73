import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../ops/activations/activations";
import type { Pass, Value } from "./Pass";

/** max(x, 0). It saves its output, which a convolution behind it saves as well, so that both together cost one tensor. */
export function relu(pass: Pass, x: Value): Value {
  const y = tf.relu(x.tensor);
  return pass.record({
    op: "activate",
    settings: { f: activations.relu },
    output: y,
    inputs: { x },
    saved: () => ({ y }),
    backward: (dy, { y }) => ({ x: tf.mul(dy, tf.step(y)) }),
  });
}
