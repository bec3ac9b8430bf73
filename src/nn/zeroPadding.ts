import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";
import { seenRows } from "./rowsOnnx";

/** x [batch · n, width] with zeros in the rows that `mask` [batch, 1, 1, n] hides: 0 at tokens, hugely negative at padding. */
export function zeroPadding(pass: Pass, x: Value, mask: tf.Tensor): Value {
  const seen = tf.tidy(() => tf.sub(1, tf.step(tf.neg(tf.reshape(mask, [mask.size, 1])))));
  const y = pass.record(
    tf.mul(x.tensor, seen),
    [x],
    () => [seen],
    (dy, [seen]) => [tf.mul(dy, seen)],
    (graph, [x]) => {
      const rows = graph.op("Reshape", [seenRows(graph, mask), graph.ints(-1, 1)]);
      return graph.op("Mul", [x, rows]);
    },
  );
  seen.dispose();
  return y;
}
