import type * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "../../engine/recorder/Graph";

export const recordedGelu = (g: Graph, { x }: { x: tf.Tensor }): { y: tf.Tensor } => ({
  y: g.tensor(g.op("Gelu", [x])),
});

/** dy · (Φ(x) + x · φ(x)) */
export function recordedGeluGradient(
  g: Graph,
  { dy, x }: { dy: tf.Tensor; x: tf.Tensor },
): { dx: tf.Tensor } {
  const u = g.op("Mul", [x, g.float(Math.SQRT1_2)]);
  const bell = g.op("Exp", [g.op("Neg", [g.op("Mul", [u, u])])]);
  const slope = g.op("Mul", [g.op("Mul", [x, g.float(1 / Math.sqrt(2 * Math.PI))]), bell]);
  const below = g.op("Mul", [g.op("Add", [g.op("Erf", [u]), g.float(1)]), g.float(0.5)]);
  return { dx: g.tensor(g.op("Mul", [dy, g.op("Add", [below, slope])])) };
}
