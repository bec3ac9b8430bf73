import * as tf from "@tensorflow/tfjs-core";
import { dropped } from "../ops/dropoutMask/dropoutMask";
import { matchingRows } from "./matchingRows";
import type { Pass, Value } from "./Pass";

/** a + b, both of one width, and of as many rows as will be read of both. */
export function add(pass: Pass, ...both: [Value, Value]): Value {
  const [a, b] = matchingRows(pass, ...both);
  return pass.record({
    op: "add",
    output: tf.add(a.tensor, b.tensor),
    inputs: { a, b },
    backward: (dy, _, wanted) => ({ a: wanted.a ? dy.clone() : null, b: wanted.b ? dy.clone() : null }),
  });
}

/** Inverted dropout (Srivastava et al. 2014); gives `x` itself where the pass does not train. */
export function dropout(pass: Pass, x: Value, rate: number): Value {
  const drop = pass.drawDropout(rate);
  if (!drop) return x;
  // The mask is drawn again in backward: to save it would cost as much memory as what it drops from.
  const applied = (x: tf.Tensor) => tf.tidy(() => dropped(x, drop));
  return pass.record({ output: applied(x.tensor), inputs: { x }, backward: (dy) => ({ x: applied(dy) }) });
}
