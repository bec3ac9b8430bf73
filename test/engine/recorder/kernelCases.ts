// Calls of tfjs's operations by the kernels they ask for, for kernels.test.ts.
import * as tf from "@tensorflow/tfjs-core";
import { drawn } from "../../../src/ops/drawn";

export type Made = tf.Tensor | tf.Tensor[];

export const x = () => drawn("x", 3, 4);
const y = () => drawn("y", 3, 4);
const positive = () => tf.add(tf.abs(x()), 0.1);
const within = () => tf.tanh(x());
const odd = () => tf.tensor1d([0, -0.4, 1, 2.5, -2.5, 3.5, 1e-4, -1e-4, 0.03, 5, -7]);
const special = () => tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1]);
const whole = () => tf.tensor2d([3, -4, 0, 7, 5, -1], [2, 3], "int32");
const other = () => tf.tensor2d([2, 3, 5, -2, -3, 4], [2, 3], "int32");
const bits = () => tf.tensor1d([1, 0, 1, 0], "bool");
const others = () => tf.tensor1d([1, 1, 0, 0], "bool");
export const pixels = () => drawn("pixels", 2, 6, 7, 3) as tf.Tensor4D;
const filter = () => drawn("filter", 3, 3, 3, 4) as tf.Tensor4D;

/** What calls each kernel, in every way in which it may come out differently. */
export const CASES: Record<string, (() => Made)[]> = {
  Abs: [() => tf.abs(x()), () => tf.abs(whole())],
  Acos: [() => tf.acos(within())],
  Acosh: [() => tf.acosh(tf.add(positive(), 1))],
  Add: [
    () => tf.add(x(), y()),
    () => tf.add(x(), drawn("row", 4)),
    () => tf.add(x(), 2),
    () => tf.add(whole(), other()),
    () => tf.add(tf.zeros([0, 3]), tf.ones([1, 3])),
  ],
  AddN: [() => tf.addN([x(), y(), x()])],
  All: [() => tf.all(bits()), () => tf.all(tf.reshape(bits(), [2, 2]), 1, true)],
  Any: [() => tf.any(bits()), () => tf.any(tf.reshape(others(), [2, 2]), 1)],
  ArgMax: [() => tf.argMax(x(), 1), () => tf.argMax(tf.tensor1d([1, 3, 3]))],
  ArgMin: [() => tf.argMin(x(), 0)],
  Asin: [() => tf.asin(within())],
  Asinh: [() => tf.asinh(x())],
  Atan: [() => tf.atan(x())],
  Atan2: [() => tf.atan2(x(), y()), () => tf.atan2(tf.tensor1d([0, 0, 1, -1]), tf.tensor1d([1, -1, 0, 0]))],
  Atanh: [() => tf.atanh(within())],
  AvgPool: [() => tf.avgPool(pixels(), 2, 2, "valid"), () => tf.avgPool(pixels(), 3, 2, "same")],
  AvgPoolGrad: [
    () => tf.grad((x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 2, 2, "valid"))(pixels()),
    () => tf.grad((x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 3, 1, "valid"))(pixels()),
  ],
  BatchMatMul: [
    () => tf.matMul(drawn("a", 5, 3), drawn("b", 3, 2)),
    () => tf.matMul(drawn("a", 2, 3, 5), drawn("b", 2, 3, 4), true),
    () => tf.matMul(drawn("a", 2, 5, 3), drawn("b", 1, 4, 3), false, true),
    () => tf.matMul(tf.ones([2, 0]), tf.ones([0, 3])),
  ],
  Cast: [
    () => tf.cast(odd(), "int32"),
    () => tf.cast(odd(), "bool"),
    () => tf.cast(whole(), "float32"),
    () => tf.cast(bits(), "float32"),
    () => tf.cast(bits(), "int32"),
  ],
  Ceil: [() => tf.ceil(odd())],
  ClipByValue: [() => tf.clipByValue(x(), -0.5, 0.5)],
  Concat: [
    () => tf.concat([x(), y()], 0),
    () => tf.concat([x(), drawn("z", 3, 2)], 1),
    () => tf.concat([tf.zeros([0, 4]), x()], 0),
    () => tf.concat([whole(), other()], -1),
  ],
  Conv2D: [
    () => tf.conv2d(pixels(), filter(), 1, "valid"),
    () => tf.conv2d(pixels(), filter(), 2, "same"),
    () => tf.conv2d(pixels(), filter(), 1, "same", "NHWC", 2),
  ],
  Conv2DBackpropFilter: [
    () => tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "same"))([pixels(), filter()]),
    () => tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "valid"))([pixels(), filter()]),
  ],
  Conv2DBackpropInput: [
    () => tf.grad((x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter(), 2, "valid"))(pixels()),
    () => tf.grad((x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter(), 2, "same"))(pixels()),
    () => tf.conv2dTranspose(drawn("dy", 2, 3, 3, 4) as tf.Tensor4D, filter(), [2, 6, 6, 3], 2, "same"),
  ],
  Cos: [() => tf.cos(x())],
  Cosh: [() => tf.cosh(x())],
  Cumsum: [() => tf.cumsum(x(), 1), () => tf.cumsum(x(), 0, true, true), () => tf.cumsum(whole(), 1)],
  DepthwiseConv2dNative: [
    () => tf.depthwiseConv2d(pixels(), drawn("w", 3, 3, 3, 2) as tf.Tensor4D, 1, "same"),
    () => tf.depthwiseConv2d(pixels(), drawn("w", 2, 2, 3, 1) as tf.Tensor4D, 2, "valid"),
  ],
  Einsum: [
    () => tf.einsum("ij,jk->ik", drawn("a", 2, 3), drawn("b", 3, 4)),
    () => tf.einsum("bij->b", drawn("a", 2, 3, 4)),
  ],
  Elu: [() => tf.elu(x())],
  EluGrad: [() => tf.grad((x: tf.Tensor) => tf.elu(x))(x())],
  Equal: [
    () => tf.equal(whole(), other()),
    () => tf.equal(bits(), others()),
    () => tf.equal(special(), special()),
  ],
  Erf: [() => tf.erf(x())],
  Exp: [() => tf.exp(x())],
  ExpandDims: [() => tf.expandDims(x(), 1), () => tf.expandDims(x(), -1)],
  Expm1: [() => tf.expm1(odd())],
  Fill: [() => tf.fill([2, 3], 7), () => tf.fill([], 2), () => tf.fill([2], 3, "int32")],
  Floor: [() => tf.floor(odd())],
  FloorDiv: [() => tf.floorDiv(whole(), other()), () => tf.div(whole(), other())],
  FusedBatchNorm: [
    () => tf.batchNorm(x(), drawn("m", 4), tf.square(drawn("v", 4)), drawn("o", 4), drawn("s", 4), 0.01),
    () => tf.batchNorm(x(), drawn("m", 4), tf.square(drawn("v", 4))),
  ],
  FusedConv2D: [
    () =>
      tf.fused.conv2d({
        x: pixels(),
        filter: filter(),
        strides: 1,
        pad: "same",
        bias: drawn("b", 4),
        activation: "relu",
      }),
  ],
  GatherNd: [
    () =>
      tf.gatherND(
        x(),
        tf.tensor2d(
          [
            [0, 1],
            [2, 3],
          ],
          [2, 2],
          "int32",
        ),
      ),
  ],
  GatherV2: [
    () => tf.gather(x(), tf.tensor1d([2, 0, 2], "int32")),
    () => tf.gather(x(), tf.tensor2d([3, 0], [1, 2], "int32"), 1),
    () => tf.gather(x(), tf.tensor1d([], "int32")),
  ],
  Greater: [() => tf.greater(x(), y()), () => tf.greater(whole(), other())],
  GreaterEqual: [() => tf.greaterEqual(x(), x())],
  Identity: [() => tf.clone(x())],
  IsFinite: [() => tf.isFinite(special())],
  IsInf: [() => tf.isInf(special())],
  IsNan: [() => tf.isNaN(special())],
  LeakyRelu: [() => tf.leakyRelu(x(), 0.3)],
  Less: [() => tf.less(x(), y())],
  LessEqual: [() => tf.lessEqual(x(), x())],
  LinSpace: [() => tf.linspace(1, 2, 5), () => tf.linspace(1, 2, 1)],
  Log: [() => tf.log(positive())],
  Log1p: [() => tf.log1p(tf.tensor1d([0, 1e-7, -1e-7, 0.01, 1, 20, -0.5]))],
  LogicalAnd: [() => tf.logicalAnd(bits(), others())],
  LogicalNot: [() => tf.logicalNot(bits())],
  LogicalOr: [() => tf.logicalOr(bits(), others())],
  Max: [() => tf.max(x()), () => tf.max(x(), 0, true), () => tf.max(whole(), 1)],
  Maximum: [() => tf.maximum(x(), y()), () => tf.maximum(whole(), other())],
  MaxPool: [() => tf.maxPool(pixels(), 3, 2, "same"), () => tf.maxPool(pixels(), 2, 2, "valid")],
  MaxPoolGrad: [
    () => tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, "same"))(pixels()),
    () => tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 1, "valid"))(pixels()),
  ],
  Mean: [() => tf.mean(x()), () => tf.mean(x(), 1, true), () => tf.mean(whole(), 0)],
  Min: [() => tf.min(x(), -1), () => tf.min(whole())],
  Minimum: [() => tf.minimum(x(), y())],
  MirrorPad: [
    () =>
      tf.mirrorPad(
        x(),
        [
          [1, 2],
          [2, 1],
        ],
        "reflect",
      ),
    () =>
      tf.mirrorPad(
        x(),
        [
          [1, 2],
          [2, 1],
        ],
        "symmetric",
      ),
  ],
  Mod: [() => tf.mod(x(), y()), () => tf.mod(whole(), other())],
  Multiply: [
    () => tf.mul(x(), y()),
    () => tf.mul(whole(), other()),
    () => tf.mul(x(), drawn("column", 3, 1)),
  ],
  Neg: [() => tf.neg(x()), () => tf.neg(whole())],
  NotEqual: [() => tf.notEqual(whole(), other())],
  OneHot: [
    () => tf.oneHot(tf.tensor1d([2, 0, 5], "int32"), 3),
    () => tf.oneHot(tf.tensor2d([1, 0], [2, 1], "int32"), 2, 5, -1),
  ],
  OnesLike: [() => tf.onesLike(x()), () => tf.onesLike(whole())],
  Pack: [() => tf.stack([x(), y()], 1), () => tf.stack([x()]), () => tf.stack([tf.scalar(1), tf.scalar(2)])],
  PadV2: [
    () =>
      tf.pad(
        x(),
        [
          [1, 2],
          [0, 1],
        ],
        3,
      ),
    () =>
      tf.pad(whole(), [
        [0, 1],
        [1, 0],
      ]),
  ],
  Pow: [() => tf.pow(positive(), y()), () => tf.pow(x(), 2), () => tf.pow(whole(), tf.scalar(2, "int32"))],
  Prelu: [() => tf.prelu(x(), drawn("alpha", 4))],
  Prod: [() => tf.prod(x(), 1), () => tf.prod(whole())],
  Range: [() => tf.range(0, 5), () => tf.range(5, 0, -2, "int32")],
  RealDiv: [() => tf.div(x(), y()), () => tf.div(x(), 3)],
  Reciprocal: [() => tf.reciprocal(positive())],
  Relu: [() => tf.relu(x()), () => tf.relu(whole())],
  Relu6: [() => tf.relu6(tf.mul(x(), 9))],
  Reshape: [
    () => tf.reshape(x(), [2, 6]),
    () => tf.reshape(tf.add(x(), 1), [-1]),
    () => tf.reshape(tf.zeros([0, 3]), [3, 0]),
  ],
  Reverse: [() => tf.reverse(x(), 0), () => tf.reverse(x()), () => tf.reverse(pixels(), [1, 2])],
  Round: [() => tf.round(odd())],
  Rsqrt: [() => tf.rsqrt(positive())],
  Select: [
    () => tf.where(tf.greater(x(), 0), x(), y()),
    () => tf.where(tf.greater(whole(), 0), whole(), other()),
    () => tf.where(bits(), bits(), others()),
  ],
  Selu: [() => tf.selu(x())],
  Sigmoid: [() => tf.sigmoid(x())],
  Sign: [() => tf.sign(odd())],
  Sin: [() => tf.sin(x())],
  Sinh: [() => tf.sinh(x())],
  Slice: [
    () => tf.slice(x(), [1, 1], [2, 2]),
    () => tf.slice(x(), [0, 2], [-1, -1]),
    () => tf.slice(x(), [1, 0], [0, 4]),
  ],
  Softmax: [() => tf.softmax(x())],
  Softplus: [() => tf.softplus(x())],
  SplitV: [() => tf.split(x(), 2, 1), () => tf.split(x(), [1, 2], 0)],
  Sqrt: [() => tf.sqrt(positive())],
  Square: [() => tf.square(x())],
  SquaredDifference: [() => tf.squaredDifference(x(), y())],
  Step: [() => tf.step(odd()), () => tf.step(odd(), 0.2)],
  StridedSlice: [
    () => tf.stridedSlice(x(), [0, 3], [3, 0], [2, -2]),
    () => tf.stridedSlice(x(), [1, 0], [2, 4], [1, 1], 0, 0, 0, 0, 1),
    () => tf.stridedSlice(pixels(), [0, 1, 0, 0], [2, 6, 7, 3], [1, 2, 3, 1]),
  ],
  Sub: [() => tf.sub(x(), y()), () => tf.sub(1, x())],
  Sum: [
    () => tf.sum(x()),
    () => tf.sum(x(), 0, true),
    () => tf.sum(bits()),
    () => tf.sum(tf.zeros([0, 3]), 0),
  ],
  Tan: [() => tf.tan(within())],
  Tanh: [() => tf.tanh(x())],
  Tile: [() => tf.tile(x(), [2, 3])],
  TopK: [
    () => {
      const { values, indices } = tf.topk(x(), 2);
      return [values, indices];
    },
  ],
  Transpose: [() => tf.transpose(x()), () => tf.transpose(pixels(), [3, 0, 2, 1])],
  Unpack: [() => tf.unstack(x(), 1)],
  UnsortedSegmentSum: [
    () => tf.unsortedSegmentSum(x(), tf.tensor1d([1, 0, 1], "int32"), 3),
    () => tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 0, 1], "int32"), 2),
  ],
  ZerosLike: [() => tf.zerosLike(x()), () => tf.zerosLike(whole())],
  _FusedMatMul: [
    () =>
      tf.fused.matMul({
        ...{ a: drawn("a", 2, 3), b: drawn("b", 3, 4), bias: drawn("c", 4) },
        activation: "elu",
      }),
    () =>
      tf.fused.matMul({ a: drawn("a", 2, 3), b: drawn("b", 4, 3), transposeB: true, activation: "sigmoid" }),
    () =>
      tf.fused.matMul({
        ...{ a: drawn("a", 2, 3), b: drawn("b", 3, 4), activation: "leakyrelu" },
        leakyreluAlpha: 0.3,
      }),
  ],
};
