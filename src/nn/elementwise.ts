import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask } from "../engine/dropoutMask";
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
  if (!pass.training || rate === 0) return x;
  const mask = dropoutMask(x.tensor.shape, rate, pass.drawSeed());
  const y = pass.record(
    tf.mul(x.tensor, mask),
    [x],
    () => [mask],
    (dy, [mask]) => [tf.mul(dy, mask)],
  );
  mask.dispose();
  return y;
}
