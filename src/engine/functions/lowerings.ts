import { FrostError } from "../../errors";
import type { OnnxAttribute } from "../onnxMessages";
import { dataTypes } from "../onnxProto";
import type { Dtype } from "../recorder/Value";
import type { Attribute, GraphWriter, Ref, Type } from "./GraphWriter";

type Attributes = Record<string, OnnxAttribute>;

/** How an operator of ONNX is written in TensorFlow's operations. Inputs that are left out at the end are not there. */
export type Lowering = (
  g: GraphWriter,
  inputs: Ref[],
  attributes: Attributes,
  outputs: number,
) => Ref | Ref[];

/** TensorFlow takes sizes, axes and places as 32-bit numbers; on a GPU these stay where the processor reads them. */
export const typeOf = (dtype: Dtype): Type => (dtype === "int64" ? "int32" : dtype);

const FLOAT = { type: "float32" } as const;

const int = (attributes: Attributes, name: string, otherwise = 0): number => {
  const value = attributes[name];
  return value && "int" in value ? value.int : otherwise;
};
const float = (attributes: Attributes, name: string, otherwise: number): number => {
  const value = attributes[name];
  return value && "float" in value ? value.float : otherwise;
};

const of = (type: Type): { T: Attribute } => ({ T: { type } });

/** One whose output and inputs are of one type. */
const same =
  (name: string): Lowering =>
  (g, inputs) =>
    g.op(name, inputs, of(inputs[0].type), inputs[0].type);

const comparison =
  (name: string): Lowering =>
  (g, inputs) =>
    g.op(name, inputs, of(inputs[0].type), "bool");

const logical =
  (name: string): Lowering =>
  (g, inputs) =>
    g.op(name, inputs, {}, "bool");

const reduction =
  (name: string): Lowering =>
  (g, inputs, attributes) =>
    g.op(
      name,
      inputs,
      { ...of(inputs[0].type), keep_dims: { bool: int(attributes, "keepdims", 1) === 1 } },
      inputs[0].type,
    );

const place =
  (name: string): Lowering =>
  (g, [x], attributes) =>
    g.op(
      name,
      [x, g.ints(int(attributes, "axis"))],
      { ...of(x.type), output_type: { type: "int32" } },
      "int32",
    );

const all = (names: string, lowering: (name: string) => Lowering): Record<string, Lowering> =>
  Object.fromEntries(
    names.split(" ").map((pair) => {
      const [onnx, tensorflow = onnx] = pair.split("=");
      return [onnx, lowering(tensorflow)];
    }),
  );

const add = (g: GraphWriter, a: Ref, b: Ref): Ref => g.op("AddV2", [a, b], of(a.type), a.type);
const mul = (g: GraphWriter, a: Ref, b: Ref): Ref => g.op("Mul", [a, b], of(a.type), a.type);

function cast(g: GraphWriter, x: Ref, type: Type): Ref {
  if (x.type === type) return x;
  return g.op("Cast", [x], { SrcT: { type: x.type }, DstT: { type } }, type);
}

/** a · b, times alpha, plus a third input. */
const product =
  (name: string, transposeA: string, transposeB: string): Lowering =>
  (g, [a, b, plus], attributes) => {
    const transposed = {
      [transposeA]: { bool: int(attributes, "transA") === 1 },
      [transposeB]: { bool: int(attributes, "transB") === 1 },
    };
    const made = g.op(name, [a, b], { ...of(a.type), ...transposed }, a.type);
    const alpha = float(attributes, "alpha", 1);
    const scaled = alpha === 1 ? made : mul(g, made, g.float(alpha));
    return plus ? add(g, scaled, plus) : scaled;
  };

const bits =
  (name: string, ofBits: string): Lowering =>
  (g, inputs) =>
    inputs[0].type === "bool" ? g.op(ofBits, inputs, {}, "bool") : same(name)(g, inputs, {}, 1);

/** Of TensorFlow's own, recorded under its name with its attributes: the type is that of what comes last. */
const own =
  (name: string): Lowering =>
  (g, inputs, attributes) => {
    const { type } = inputs.at(-1)!;
    const given = attributes as Record<string, Exclude<OnnxAttribute, { graph: object }>>;
    return g.op(name, inputs, { ...of(type), ...given }, type);
  };

const LOWERINGS: Readonly<Record<string, Lowering>> = {
  ...all("Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Erf Exp Floor Identity", same),
  ...all("Log Neg Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Sqrt Tan Tanh", same),
  ...all("Add=AddV2 Sub Pow BitwiseXor", same),
  ...all("Greater GreaterOrEqual=GreaterEqual Less LessOrEqual=LessEqual Equal", comparison),
  ...all("IsNaN=IsNan IsInf", comparison),
  ...all("And=LogicalAnd Or=LogicalOr Not=LogicalNot", logical),
  ...all("ReduceSum=Sum ReduceMean=Mean ReduceMax=Max ReduceMin=Min ReduceProd=Prod", reduction),
  ...all("ArgMax ArgMin", place),
  ...all("Conv2D Conv2DBackpropInput Conv2DBackpropFilter DepthwiseConv2dNative", own),
  ...all("MaxPool MaxPoolGrad AvgPool AvgPoolGrad", own),
  UnsortedSegmentSum(g, [x, ids, count]) {
    const segments = g.op("Reshape", [count, g.ints([])], of("int32"), "int32");
    const types = { ...of(x.type), Tindices: { type: ids.type }, Tnumsegments: { type: segments.type } };
    return g.op("UnsortedSegmentSum", [x, ids, segments], types, x.type);
  },
  StatelessRandomUniform(g, [shape, seed]) {
    const types = { dtype: FLOAT, T: { type: shape.type }, Tseed: { type: seed.type } };
    return g.op("StatelessRandomUniform", [shape, seed], types, FLOAT.type);
  },
  Mul: bits("Mul", "LogicalAnd"),
  Max: bits("Maximum", "LogicalOr"),
  Min: bits("Minimum", "LogicalAnd"),
  Div: (g, [a, b]) => g.op(a.type === "int32" ? "TruncateDiv" : "RealDiv", [a, b], of(a.type), a.type),
  Sum: (g, inputs) =>
    g.op("AddN", inputs, { ...of(inputs[0].type), N: { int: inputs.length } }, inputs[0].type),
  BitShift: (g, inputs) => g.op("RightShift", inputs, of(inputs[0].type), inputs[0].type),
  LeakyRelu: (g, [x], attributes) =>
    g.op("LeakyRelu", [x], { ...of(x.type), alpha: { float: float(attributes, "alpha", 0.01) } }, x.type),
  Where: (g, [condition, a, b]) => g.op("SelectV2", [condition, a, b], of(a.type), a.type),
  Clip: (g, [x, least, most]) => {
    const above = g.op("Maximum", [x, least], of(x.type), x.type);
    return g.op("Minimum", [above, most], of(x.type), x.type);
  },
  HardSigmoid(g, [x], attributes) {
    const steep = mul(g, x, g.float(float(attributes, "alpha", 0.2)));
    const above = same("Maximum")(
      g,
      [add(g, steep, g.float(float(attributes, "beta", 0.5))), g.float(0)],
      {},
      1,
    );
    return same("Minimum")(g, [above as Ref, g.float(1)], {}, 1);
  },
  HardSwish: (g, [x]) => {
    const [share] = lower(g, "HardSigmoid", [x], { alpha: { float: 1 / 6 } }, 1);
    return mul(g, x, share);
  },
  Cast(g, [x], attributes) {
    const to = int(attributes, "to");
    const [dtype] = Object.entries(dataTypes).find(([, number]) => number === to)!;
    return cast(g, x, typeOf(dtype as Dtype));
  },
  DequantizeLinear: (g, [x, scale]) => mul(g, cast(g, x, scale.type), scale),
  Gemm: product("MatMul", "transpose_a", "transpose_b"),
  FusedMatMul: product("BatchMatMulV2", "adj_x", "adj_y"),
  // Always over the last axis, as tfjs has it.
  Softmax: same("Softmax"),
  Gelu(g, [x]) {
    const below = g.op("Erf", [mul(g, x, g.float(Math.SQRT1_2))], of(x.type), x.type);
    return mul(g, mul(g, x, g.float(0.5)), add(g, below, g.float(1)));
  },
  LayerNormalization(g, [x, weight, bias], attributes) {
    const mean = (of: Ref) => reduction("Mean")(g, [of, g.ints([-1])], { keepdims: { int: 1 } }, 1) as Ref;
    const middle = mean(x);
    const centered = g.op("Sub", [x, middle], of(x.type), x.type);
    const variance = mean(g.op("Square", [centered], of(x.type), x.type));
    const shifted = add(g, variance, g.float(float(attributes, "epsilon", 1e-5)));
    const scale = g.op("Rsqrt", [shifted], of(x.type), x.type);
    const scaled = mul(g, mul(g, centered, scale), weight);
    return [bias ? add(g, scaled, bias) : scaled, middle, scale];
  },
  // Twice the sum of halves of squares.
  ReduceSumSquare: (g, [x]) => mul(g, g.op("L2Loss", [x], of(x.type), x.type), g.float(2)),
  Gather: (g, [x, indices], attributes) =>
    g.op(
      "GatherV2",
      [x, indices, g.ints(int(attributes, "axis"))],
      { Tparams: { type: x.type }, Tindices: { type: indices.type }, Taxis: { type: "int32" } },
      x.type,
    ),
  GatherND: (g, [x, indices]) =>
    g.op("GatherNd", [x, indices], { Tparams: { type: x.type }, Tindices: { type: indices.type } }, x.type),
  Reshape: (g, [x, shape]) => g.op("Reshape", [x, shape], of(x.type), x.type),
  Expand: (g, [x, shape]) => g.op("BroadcastTo", [x, shape], of(x.type), x.type),
  Tile: (g, [x, times]) => g.op("Tile", [x, times], of(x.type), x.type),
  Transpose: (g, [x], { perm }) =>
    g.op("Transpose", [x, g.ints((perm as { ints: number[] }).ints)], of(x.type), x.type),
  Slice(g, [x, from, to, , steps]) {
    const strides = steps ?? g.op("OnesLike", [from], of("int32"), "int32");
    return g.op("StridedSlice", [x, from, to, strides], { ...of(x.type), Index: { type: "int32" } }, x.type);
  },
  // All that comes before, then all that comes behind: a row each, of which TensorFlow wants the columns.
  Pad(g, [x, pads, constant]) {
    const rows = g.op("Reshape", [pads, g.ints([2, -1])], of("int32"), "int32");
    const pairs = g.op("Transpose", [rows, g.ints([1, 0])], of("int32"), "int32");
    return g.op("PadV2", [x, pairs, constant], of(x.type), x.type);
  },
  Concat: (g, inputs, attributes) =>
    g.op(
      "ConcatV2",
      [...inputs, g.ints(int(attributes, "axis"))],
      { ...of(inputs[0].type), N: { int: inputs.length } },
      inputs[0].type,
    ),
  Split: (g, [x, sizes], attributes, outputs) => split(g, x, sizes, int(attributes, "axis"), outputs),
  CumSum: (g, inputs, attributes) =>
    g.op(
      "Cumsum",
      inputs,
      {
        ...of(inputs[0].type),
        exclusive: { bool: int(attributes, "exclusive") === 1 },
        reverse: { bool: int(attributes, "reverse") === 1 },
      },
      inputs[0].type,
    ),
  TopK(g, [x, count]) {
    const k = g.op("Reshape", [count, g.ints([])], of("int32"), "int32");
    return g.several("TopKV2", [x, k], of(x.type), [x.type, "int32"]);
  },
  Einsum: (g, inputs, { equation }) =>
    g.op(
      "Einsum",
      inputs,
      {
        ...of(inputs[0].type),
        N: { int: inputs.length },
        equation: { text: (equation as { text: string }).text },
      },
      inputs[0].type,
    ),
};

/** Parts of these sizes along an axis. */
export function split(g: GraphWriter, x: Ref, sizes: Ref, axis: number, parts: number): Ref[] {
  const attributes = { ...of(x.type), num_split: { int: parts }, Tlen: { type: sizes.type } };
  return g.several("SplitV", [x, sizes, g.ints(axis)], attributes, Array<Type>(parts).fill(x.type));
}

/** An operator of ONNX in TensorFlow's operations: its outputs. */
export function lower(
  g: GraphWriter,
  type: string,
  inputs: Ref[],
  attributes: Attributes,
  outputs: number,
): Ref[] {
  const lowering = LOWERINGS[type];
  if (!lowering) throw new FrostError(`TensorFlow functions: the operator ${type} is not known`);
  return [lowering(g, inputs, attributes, outputs)].flat();
}
