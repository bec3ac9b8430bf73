import * as tf from "@tensorflow/tfjs-core";
import type { OnnxAttribute } from "../onnxMessages";
import type { Kind } from "./Value";

type Attributes = Record<string, OnnxAttribute>;

/** An operator of ONNX: whose it is, and what comes of inputs of these kinds where that follows from their shapes alone. */
interface Operator {
  domain?: string;
  infer(inputs: Kind[], attributes: Attributes): Kind;
}

const int = (attributes: Attributes, name: string, otherwise = 0): number => {
  const value = attributes[name];
  return value && "int" in value ? value.int : otherwise;
};

const same: Operator = { infer: ([{ dtype, shape }]) => ({ dtype, shape }) };

const broadcast = (kinds: Kind[]): number[] =>
  kinds.map(({ shape }) => shape).reduce((a, b) => tf.backend_util.assertAndGetBroadcastShape(a, b));

const elementwise: Operator = { infer: (kinds) => ({ dtype: kinds[0].dtype, shape: broadcast(kinds) }) };

const comparison: Operator = { infer: (kinds) => ({ dtype: "bool", shape: broadcast(kinds) }) };

const named = (names: string, operator: Operator) =>
  Object.fromEntries(names.split(" ").map((name) => [name, operator]));

const microsoft = "com.microsoft";

/** The set of ONNX's operators that is recorded; it has Gelu. */
export const OPSET = 20;

/** Those whose outputs follow from their inputs; for others the caller says what comes of them. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...named(
    "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Erf Exp Floor Identity LayerNormalization",
    same,
  ),
  ...named("LeakyRelu Log Neg Not Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softmax", same),
  ...named("Softplus Sqrt Tan Tanh Clip CumSum HardSigmoid HardSwish BatchNormalization BitShift", same),
  ...named("Add BitwiseXor Div Max Min Mul PRelu Pow Sub Sum", elementwise),
  ...named("And Equal Greater GreaterOrEqual Less LessOrEqual Or", comparison),
  ...named("IsInf IsNaN", { infer: ([{ shape }]) => ({ dtype: "bool", shape }) }),
  Where: { infer: ([condition, a, b]) => ({ dtype: a.dtype, shape: broadcast([condition, a, b]) }) },
  Gelu: same,
  Gemm: {
    infer: ([a, b], attributes) => ({
      dtype: a.dtype,
      shape: [a.shape[int(attributes, "transA") ? 1 : 0], b.shape[int(attributes, "transB") ? 0 : 1]],
    }),
  },
  FusedMatMul: {
    domain: microsoft,
    infer: ([a, b], attributes) => ({
      dtype: a.dtype,
      shape: [
        ...tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
        a.shape.at(int(attributes, "transA") ? -1 : -2)!,
        b.shape.at(int(attributes, "transB") ? -2 : -1)!,
      ],
    }),
  },
  Transpose: {
    infer([{ dtype, shape }], { perm }) {
      return { dtype, shape: (perm as { ints: number[] }).ints.map((axis) => shape[axis]) };
    },
  },
  Gather: {
    infer([x, indices], attributes) {
      const axis = int(attributes, "axis");
      return {
        dtype: x.dtype,
        shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
      };
    },
  },
  Concat: {
    infer(kinds, attributes) {
      const axis = int(attributes, "axis");
      return {
        dtype: kinds[0].dtype,
        shape: tf.backend_util.computeOutShape(
          kinds.map(({ shape }) => shape),
          axis,
        ),
      };
    },
  },
  DequantizeLinear: { infer: ([{ shape }, { dtype }]) => ({ dtype, shape }) },
  ScatterElements: same,
  ReduceSumSquare: { infer: ([{ dtype }]) => ({ dtype, shape: [] }) },
};
