import type { OnnxAttribute } from "../onnxMessages";
import type { GraphWriter, Ref } from "./GraphWriter";

const T = { T: { type: "float32" } } as const;
const FLOAT = { dtype: { type: "float32" } } as const;

/**
 * AdamW on variables, in place: the handles of value, mean and square; a gradient, and scalars. `after` is waited for. Gives the name of
 * what is to be waited for.
 */
export function adamW(
  g: GraphWriter,
  [value, mean, square]: readonly Ref[],
  [gradient, scale, keep, rate, eps, b1, b2]: readonly Ref[],
  { decays }: Record<string, OnnxAttribute>,
  after: readonly string[],
): string {
  // Where the scale is 0 so is this, be the gradient infinite.
  const scaled = g.op("MulNoNan", [gradient, scale], T, "float32");
  const before = "int" in decays && decays.int === 1 ? [decayed(g, value, keep, after)] : after;
  const none = g.float(0);
  // The rate has the corrections of both biases in it: the powers of the betas, from which TensorFlow would make them, are 0.
  const inputs = [value, mean, square, none, none, rate, b1, b2, eps, scaled];
  return g.act("ResourceApplyAdam", inputs, T, before);
}

function decayed(g: GraphWriter, value: Ref, keep: Ref, after: readonly string[]): string {
  const content = g.op("ReadVariableOp", [value], FLOAT, "float32", after);
  const smaller = g.op("Mul", [content, keep], T, "float32");
  return g.act("AssignVariableOp", [value, smaller], FLOAT);
}
