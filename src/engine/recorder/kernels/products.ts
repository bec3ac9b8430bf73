import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../../errors";
import type { Graph, Input } from "../Graph";
import { otherEngines } from "../otherEngines";
import { sizeOf, type Value } from "../Value";
import type { KernelTable } from "./KernelTable";

/** a · b over the last two axes, times `alpha`; of two matrices with a row or a matrix `plus` added. */
export function product(
  g: Graph,
  a: Input,
  b: Input,
  transposeA: boolean,
  transposeB: boolean,
  { alpha = 1, plus }: { alpha?: number; plus?: Input } = {},
): Value {
  const [left, right] = [g.value(a), g.value(b)];
  const inner = left.shape.at(transposeA ? -2 : -1);
  const attributes = {
    transA: { int: +transposeA },
    transB: { int: +transposeB },
    ...(alpha !== 1 && { alpha: { float: alpha } }),
  };
  const matrices = left.shape.length === 2 && right.shape.length === 2;
  if (inner === 0 || left.size === 0 || right.size === 0) {
    const lead = tf.backend_util.assertAndGetBroadcastShape(
      left.shape.slice(0, -2),
      right.shape.slice(0, -2),
    );
    const sizes = [left.shape.at(transposeA ? -1 : -2)!, right.shape.at(transposeB ? -2 : -1)!];
    const none = g.zeros(left.dtype, [...lead, ...sizes]);
    return plus ? g.op("Add", [none, plus]) : none;
  }
  if (matrices) return g.op("Gemm", [left, right, plus], attributes);
  const made = g.op("FusedMatMul", [left, right], attributes);
  return plus ? g.op("Add", [made, plus]) : made;
}

/** By the names of tfjs's fused kernels. */
export function activated(g: Graph, x: Value, activation = "linear", weights?: Input, alpha = 0.2): Value {
  if (activation === "linear") return x;
  if (activation === "relu") return g.op("Relu", [x]);
  if (activation === "relu6") return g.op("Clip", [x, g.float(0), g.float(6)]);
  if (activation === "elu") return g.op("Elu", [x]);
  if (activation === "sigmoid") return g.op("Sigmoid", [x]);
  if (activation === "leakyrelu") return g.op("LeakyRelu", [x], { alpha: { float: alpha } });
  if (activation === "prelu" && weights)
    return g.op("Where", [g.op("GreaterOrEqual", [x, g.float(0)]), x, g.op("Mul", [x, weights])]);
  throw new InputError(
    `engine ${tf.getBackend()} has no fused activation ${activation}; use engine ${otherEngines()}`,
  );
}

export const products: KernelTable = {
  BatchMatMul: (g, { a, b }, { transposeA, transposeB }) => product(g, a, b, transposeA, transposeB),
  _FusedMatMul(g, { a, b, bias, preluActivationWeights }, attrs) {
    const { transposeA, transposeB, activation, leakyreluAlpha } = attrs;
    const made = product(g, a, b, transposeA, transposeB);
    const shifted = bias ? g.op("Add", [made, bias]) : made;
    return activated(g, shifted, activation, preluActivationWeights, leakyreluAlpha);
  },
  Einsum(g, inputs, { equation }) {
    const list = Object.values<tf.TensorInfo>(inputs);
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, list.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, list as tf.Tensor[]);
    const sizes = new Map(
      idDims.flatMap((dims, i) => dims.map((dim, axis) => [dim, list[i].shape[axis]] as const)),
    );
    const shape = allDims.flatMap((_, dim) => (summedDims.includes(dim) ? [] : [sizes.get(dim)!]));
    if (list.some(({ shape }) => sizeOf(shape) === 0)) return g.zeros("float32", shape);
    return g.make(
      "Einsum",
      list,
      { dtype: "float32", shape },
      { equation: { text: equation.replace(/\s/g, "") } },
    );
  },
};
