import type { Graph, Input } from "../Graph";
import type { Dtype, Value } from "../Value";
import type { KernelTable } from "./KernelTable";

const unary = (names: string): KernelTable =>
  Object.fromEntries(names.split(" ").map((name) => [name, (g, { x }) => g.op(name, [x])]));

const binary = (names: Record<string, string>): KernelTable =>
  Object.fromEntries(
    Object.entries(names).map(([name, type]) => [name, (g, { a, b }) => g.op(type, [a, b])]),
  );

/** As numbers of a type, where an operator takes no others. */
const as = (g: Graph, dtype: Dtype, ...inputs: Input[]): Value[] =>
  inputs.map((input) => g.cast(input, dtype));

/** Bits that are true where neither is NaN and a is b; numbers of which one is NaN are not equal. */
const equal = (g: Graph, a: Input, b: Input): Value => g.op("Equal", [a, b]);

export const elementwise: KernelTable = {
  ...unary("Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Erf Exp Floor Log Neg Reciprocal Round Selu"),
  ...unary("Sigmoid Sign Sin Sinh Softplus Sqrt Tan Tanh"),
  ...binary({ Add: "Add", Sub: "Sub", RealDiv: "Div", Pow: "Pow" }),
  ...binary({ Greater: "Greater", GreaterEqual: "GreaterOrEqual", Less: "Less", LessEqual: "LessOrEqual" }),
  ...binary({ LogicalAnd: "And", LogicalOr: "Or" }),
  // Of bits, a product is what is true of both.
  Multiply: (g, { a, b }) => g.op("Mul", [a, b]),
  Maximum: (g, { a, b }) => g.op("Max", [a, b]),
  Minimum: (g, { a, b }) => g.op("Min", [a, b]),
  Equal: (g, { a, b }) => equal(g, a, b),
  NotEqual: (g, { a, b }) => g.op("Not", [equal(g, a, b)]),
  LogicalNot: (g, { x }) => g.op("Not", [x]),
  AddN: (g, inputs) => {
    const list = Object.values<Input>(inputs);
    return list.length === 1 ? g.value(list[0]) : g.op("Sum", list);
  },
  FloorDiv: (g, { a, b }) => g.cast(quotient(g, a, b), g.value(a).dtype),
  // With the sign of b.
  Mod(g, { a, b }) {
    const { dtype } = g.value(a);
    const [dividend, divisor] = dtype === "int32" ? as(g, "float64", a, b) : [a, b];
    return g.cast(g.op("Sub", [dividend, g.op("Mul", [divisor, quotient(g, a, b)])]), dtype);
  },
  SquaredDifference(g, { a, b }) {
    const difference = g.op("Sub", [a, b]);
    return g.op("Mul", [difference, difference]);
  },
  Square: (g, { x }) => g.op("Mul", [x, x]),
  Rsqrt: (g, { x }) => g.op("Reciprocal", [g.op("Sqrt", [x])]),
  // Kahan's way: what rounding takes from 1 + x it takes from both logarithm and difference.
  Log1p(g, { x }) {
    const above = plusOne(g, x);
    const log = g.op("Log", [above]);
    const exact = g.op("Div", [g.op("Mul", [x, log]), g.op("Sub", [above, g.float(1)])]);
    return nearZero(g, x, above, log, exact);
  },
  Expm1(g, { x }) {
    const power = g.op("Exp", [x]);
    const less = g.op("Sub", [power, g.float(1)]);
    const exact = g.op("Div", [g.op("Mul", [less, x]), g.op("Log", [power])]);
    const known = g.op("Where", [g.op("Equal", [less, g.float(-1)]), less, exact]);
    return nearZero(g, x, power, less, known);
  },
  Relu: (g, { x }) => g.op("Relu", [x]),
  Relu6: (g, { x }) => g.op("Clip", [x, zero(g, x), g.number(g.value(x).dtype, 6)]),
  Elu: (g, { x }) => g.op("Elu", [x]),
  EluGrad(g, { dy, y }) {
    const slope = g.op("Where", [g.op("GreaterOrEqual", [y, g.float(0)]), g.float(1), plusOne(g, y)]);
    return g.op("Mul", [dy, slope]);
  },
  LeakyRelu: (g, { x }, { alpha }) => g.op("LeakyRelu", [x], { alpha: { float: alpha } }),
  Prelu: (g, { x, alpha }) =>
    g.op("Where", [g.op("GreaterOrEqual", [x, g.float(0)]), x, g.op("Mul", [x, alpha])]),
  Step(g, { x }, { alpha }) {
    const above = g.op("Where", [g.op("Greater", [x, g.float(0)]), g.float(1), g.float(alpha)]);
    return g.op("Where", [g.op("IsNaN", [x]), x, above]);
  },
  ClipByValue(g, { x }, { clipValueMin, clipValueMax }) {
    const { dtype } = g.value(x);
    return g.op("Clip", [x, g.number(dtype, clipValueMin), g.number(dtype, clipValueMax)]);
  },
  Atan2(g, { a, b }) {
    const half = g.op("Atan", [g.op("Div", [a, b])]);
    const turn = g.op("Where", [g.op("Less", [a, g.float(0)]), g.float(-Math.PI), g.float(Math.PI)]);
    const behind = g.op("Where", [g.op("Less", [b, g.float(0)]), turn, g.float(0)]);
    const none = g.op("And", [g.op("Equal", [a, g.float(0)]), g.op("Equal", [b, g.float(0)])]);
    return g.op("Where", [none, g.float(0), g.op("Add", [half, behind])]);
  },
  IsNan: (g, { x }) => g.op("IsNaN", [x]),
  IsInf: (g, { x }) => g.op("IsInf", [x]),
  IsFinite: (g, { x }) => g.op("Not", [g.op("Or", [g.op("IsNaN", [x]), g.op("IsInf", [x])])]),
  Cast: (g, { x }, { dtype }) => g.cast(x, dtype),
  Select: (g, { condition, t, e }) => select(g, condition, t, e),
};

/** ONNX Runtime has no Where between bits. */
function select(g: Graph, condition: Input, t: Input, e: Input): Value {
  const { dtype } = g.value(t);
  if (dtype !== "bool") return g.op("Where", [condition, t, e]);
  return g.cast(g.op("Where", [condition, ...as(g, "int32", t, e)]), "bool");
}

const zero = (g: Graph, x: Input): Value => g.number(g.value(x).dtype, 0);

const plusOne = (g: Graph, x: Input): Value => g.op("Add", [x, g.float(1)]);

/** `exact` up to 1, but x itself where `one`, which is 1 at x = 0, is rounded to it; beyond it `otherwise`. */
function nearZero(g: Graph, x: Input, one: Value, otherwise: Value, exact: Value): Value {
  const small = g.op("Where", [g.op("Equal", [one, g.float(1)]), x, exact]);
  return g.op("Where", [g.op("Greater", [x, g.float(1)]), otherwise, small]);
}

/** Rounded down; of whole numbers in float64, which holds each of them, and where nothing stops at a division by zero. */
function quotient(g: Graph, a: Input, b: Input): Value {
  const numbers = g.value(a).dtype === "int32" ? as(g, "float64", a, b) : [a, b];
  return g.op("Floor", [g.op("Div", numbers)]);
}
