import * as tf from "@tensorflow/tfjs-core";
import type { Graph, Input } from "../Graph";
import { sizeOf, type Value } from "../Value";
import type { KernelTable } from "./KernelTable";

interface Attributes {
  axis?: number | number[];
  reductionIndices?: number | number[];
  keepDims: boolean;
}

/** Of nothing it is `neutral`. */
function reduce(g: Graph, type: string, x: tf.TensorInfo | Value, attrs: Attributes, neutral: number): Value {
  const axes = tf.util.parseAxisParam((attrs.axis ?? attrs.reductionIndices)!, x.shape).sort((a, b) => a - b);
  const { dtype } = g.value(x);
  if (sizeOf(x.shape) > 0) return g.reduce(type, x, axes, attrs.keepDims);
  const shape = tf.backend_util.computeOutAndReduceShapes(x.shape, axes)[0];
  return g.filled(dtype, attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(shape, axes) : shape, neutral);
}

/** ONNX Runtime's ends at 4e-40 where others are 0: what is hidden by a large negative number is to weigh nothing. */
export function softmax(g: Graph, x: Input, axis: number): Value {
  const weights = g.op("Softmax", [x], { axis: { int: axis } });
  if (g.recorder.device) return weights;
  return g.op("Where", [g.op("Less", [weights, g.float(1e-37)]), g.float(0), weights]);
}

/** Bits are counted as whole numbers. */
const bits = (g: Graph, type: string, x: tf.TensorInfo, attrs: Attributes, neutral: number): Value =>
  g.cast(reduce(g, type, g.cast(x, "int32"), attrs, neutral), "bool");

const place = (g: Graph, type: string, x: tf.TensorInfo, axis: number): Value => {
  const at = tf.util.parseAxisParam(axis, x.shape)[0];
  const shape = x.shape.filter((_, i) => i !== at);
  const attributes = { axis: { int: at }, keepdims: { int: 0 } };
  return g.cast(g.make(type, [x], { dtype: "int64", shape }, attributes), "int32");
};

export const reductions: KernelTable = {
  Sum: (g, { x }, attrs) => reduce(g, "ReduceSum", x.dtype === "bool" ? g.cast(x, "int32") : x, attrs, 0),
  Mean: (g, { x }, attrs) => reduce(g, "ReduceMean", g.cast(x, "float32"), attrs, Number.NaN),
  Max: (g, { x }, attrs) => reduce(g, "ReduceMax", x, attrs, Number.NEGATIVE_INFINITY),
  Min: (g, { x }, attrs) => reduce(g, "ReduceMin", x, attrs, Number.POSITIVE_INFINITY),
  Prod: (g, { x }, attrs) => reduce(g, "ReduceProd", x.dtype === "bool" ? g.cast(x, "int32") : x, attrs, 1),
  All: (g, { x }, attrs) => bits(g, "ReduceMin", x, attrs, 1),
  Any: (g, { x }, attrs) => bits(g, "ReduceMax", x, attrs, 0),
  ArgMax: (g, { x }, { axis }) => place(g, "ArgMax", x, axis),
  ArgMin: (g, { x }, { axis }) => place(g, "ArgMin", x, axis),
  Softmax: (g, { logits }, { dim }) => softmax(g, logits, dim),
  Cumsum(g, { x }, { axis, exclusive, reverse }) {
    const attributes = { exclusive: { int: +exclusive }, reverse: { int: +reverse } };
    return g.op("CumSum", [x, g.int(tf.util.parseAxisParam(axis, x.shape)[0])], attributes);
  },
  TopK(g, { x }, { k }) {
    const shape = [...x.shape.slice(0, -1), k];
    const kinds = [
      { dtype: x.dtype, shape },
      { dtype: "int64" as const, shape },
    ];
    const [values, places] = g.several("TopK", [x, g.sizes(k)], kinds);
    return [values, g.cast(places, "int32")];
  },
};
