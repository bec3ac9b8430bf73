import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask } from "../ops/dropoutMask/dropoutMask";
import type { Pass, Value } from "./Pass";

/** a + b, both of one shape. */
export function add(pass: Pass, a: Value, b: Value): Value {
  return pass.record(
    tf.add(a.tensor, b.tensor),
    [a, b],
    () => [],
    (dy) => [pass.tracks(a) ? dy.clone() : null, pass.tracks(b) ? dy.clone() : null],
    (graph, inputs) => graph.op("Add", inputs),
  );
}

/** tanh x. */
export function tanh(pass: Pass, x: Value): Value {
  const y = tf.tanh(x.tensor);
  return pass.record(
    y,
    [x],
    () => [y],
    (dy, [y]) => [tf.mul(dy, tf.sub(1, tf.square(y)))],
    (graph, inputs) => graph.op("Tanh", inputs),
  );
}

/** Inverted dropout (Srivastava et al. 2014); passes `x` on unchanged where the pass does not train. */
export function dropout(pass: Pass, x: Value, rate: number): Value {
  const drop = pass.drawDropout(rate);
  if (!drop) return x;
  // The mask is drawn again in backward: to save it would cost as much memory as what it drops from.
  const dropped = (x: tf.Tensor) => tf.tidy(() => tf.mul(x, dropoutMask(x.shape, drop)));
  return pass.record(
    dropped(x.tensor),
    [x],
    () => [],
    (dy) => [dropped(dy)],
  );
}
