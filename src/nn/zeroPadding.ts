import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/** x [batch · n, width] with zeros in the rows that `mask` [batch, 1, 1, n] hides: 0 at tokens, hugely negative at padding. */
export function zeroPadding(pass: Pass, x: Value, mask: tf.Tensor): Value {
  const seen = tf.tidy(() => tf.sub(1, tf.step(tf.neg(tf.reshape(mask, [mask.size, 1])))));
  const y = pass.record({
    op: "zeroPadding",
    output: tf.mul(x.tensor, seen),
    inputs: { x, mask },
    saved: () => ({ seen }),
    backward: (dy, { seen }) => ({ x: tf.mul(dy, seen) }),
  });
  seen.dispose();
  return y;
}
