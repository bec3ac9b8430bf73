import type * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "../../engine/recorder/Graph";
import type { Value } from "../../engine/recorder/Value";
import { geluForm } from "./onnx";

export const recordedGelu = (g: Graph, { x }: { x: tf.Tensor }): { y: tf.Tensor } => ({
  y: g.tensor(geluForm<Value>(g, g.value(x))),
});

/** The logarithm of φ(0). */
const LOG_HEIGHT = -0.5 * Math.log(2 * Math.PI);

/** dy · (Φ(x) + x · φ(x)), in few operations: Φ is a line between 0 and 1 of erf, and φ's height stands in its exponent. */
export function recordedGeluGradient(
  g: Graph,
  { dy, x }: { dy: tf.Tensor; x: tf.Tensor },
): { dx: tf.Tensor } {
  const u = g.op("Mul", [x, g.float(Math.SQRT1_2)]);
  const bell = g.op("Exp", [g.op("Sub", [g.float(LOG_HEIGHT), g.op("Mul", [u, u])])]);
  const below = g.op("HardSigmoid", [g.op("Erf", [u])], { alpha: { float: 0.5 }, beta: { float: 0.5 } });
  return { dx: g.tensor(g.op("Mul", [dy, g.op("Add", [below, g.op("Mul", [x, bell])])])) };
}
