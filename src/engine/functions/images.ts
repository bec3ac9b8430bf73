import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../errors";
import type { OnnxAttribute } from "../onnxMessages";
import type { Graph, Input } from "../recorder/Graph";
import type { KernelTable } from "../recorder/kernels/KernelTable";
import { activated } from "../recorder/kernels/products";
import type { Dtype, Value } from "../recorder/Value";

const { backend_util } = tf;
type Windows = tf.backend_util.Conv2DInfo;
type Sizes = [number, number, number, number];

interface Attributes {
  strides: number | [number, number];
  pad: "valid" | "same" | number;
  dataFormat?: "NHWC" | "NCHW";
  dilations?: number | [number, number];
  dimRoundingMode?: "floor" | "round" | "ceil";
  filterSize: number | [number, number];
}

function windowsOf(input: number[], filter: number[], attrs: Attributes, depthwise = false): Windows {
  if (attrs.dataFormat === "NCHW")
    throw new InputError("engine tensorflow: expected images as NHWC, got NCHW; compute on engine cpu");
  const sizes = [input, filter] as [Sizes, Sizes];
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs;
  return backend_util.computeConv2DInfo(...sizes, strides, dilations, pad, dimRoundingMode, depthwise);
}

const poolsOf = (input: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): Windows =>
  backend_util.computePool2DInfo(input as Sizes, filterSize, strides, 1, pad, dimRoundingMode);

const around = (height: number, width: number): OnnxAttribute => ({ ints: [1, height, width, 1] });

function padding({ padInfo: { top, bottom, left, right } }: Windows): Record<string, OnnxAttribute> {
  if (top + bottom + left + right === 0) return { padding: { text: "VALID" } };
  return {
    padding: { text: "EXPLICIT" },
    explicit_paddings: { ints: [0, 0, top, bottom, left, right, 0, 0] },
  };
}

const convAttributes = (windows: Windows): Record<string, OnnxAttribute> => ({
  strides: around(windows.strideHeight, windows.strideWidth),
  dilations: around(windows.dilationHeight, windows.dilationWidth),
  ...padding(windows),
});

const poolAttributes = (windows: Windows): Record<string, OnnxAttribute> => ({
  ksize: around(windows.filterHeight, windows.filterWidth),
  strides: around(windows.strideHeight, windows.strideWidth),
  ...padding(windows),
});

/** An average knows no padding but what TensorFlow finds by itself. */
function averageAttributes(windows: Windows): Record<string, OnnxAttribute> {
  const { type } = windows.padInfo;
  if (type !== "SAME" && type !== "VALID")
    throw new InputError(
      `engine tensorflow: expected an average pool with padding "same" or "valid", got ${type.toLowerCase()}; compute on engine cpu`,
    );
  const { strideHeight, strideWidth, filterHeight, filterWidth } = windows;
  return {
    ksize: around(filterHeight, filterWidth),
    strides: around(strideHeight, strideWidth),
    padding: { text: type },
  };
}

function conv(g: Graph, x: Input, filter: tf.TensorInfo, attrs: Attributes): Value {
  const windows = windowsOf(g.value(x).shape, filter.shape, attrs);
  return g.make(
    "Conv2D",
    [x, filter],
    { dtype: "float32", shape: windows.outShape },
    convAttributes(windows),
  );
}

/** Operations on images [batch, height, width, channels] as TensorFlow has them, gradients included. */
export const images: KernelTable = {
  Conv2D: (g, { x, filter }, attrs) => conv(g, x, filter, attrs),
  FusedConv2D(g, { x, filter, bias, preluActivationWeights }, attrs) {
    const made = conv(g, x, filter, attrs);
    const shifted = bias ? g.op("Add", [made, bias]) : made;
    return activated(g, shifted, attrs.activation, preluActivationWeights, attrs.leakyreluAlpha);
  },
  Conv2DBackpropInput(g, { dy, filter }, { inputShape, ...attrs }) {
    const windows = windowsOf(inputShape, filter.shape, attrs);
    const inputs = [g.sizes(...inputShape), filter, dy];
    return g.make(
      "Conv2DBackpropInput",
      inputs,
      { dtype: "float32", shape: inputShape },
      convAttributes(windows),
    );
  },
  Conv2DBackpropFilter(g, { x, dy }, { filterShape, ...attrs }) {
    const windows = windowsOf(x.shape, filterShape, attrs);
    const inputs = [x, g.sizes(...filterShape), dy];
    return g.make(
      "Conv2DBackpropFilter",
      inputs,
      { dtype: "float32", shape: filterShape },
      convAttributes(windows),
    );
  },
  DepthwiseConv2dNative(g, { x, filter }, attrs) {
    const windows = windowsOf(x.shape, filter.shape, attrs, true);
    const kind = { dtype: "float32" as const, shape: windows.outShape };
    return g.make("DepthwiseConv2dNative", [x, filter], kind, convAttributes(windows));
  },
  MaxPool(g, { x }, attrs) {
    const windows = poolsOf(x.shape, attrs);
    return g.make(
      "MaxPool",
      [x],
      { dtype: x.dtype as Dtype, shape: windows.outShape },
      poolAttributes(windows),
    );
  },
  MaxPoolGrad(g, { dy, input, output }, attrs) {
    const windows = poolsOf(input.shape, attrs);
    const kind = { dtype: "float32" as const, shape: input.shape };
    return g.make("MaxPoolGrad", [input, output, dy], kind, poolAttributes(windows));
  },
  AvgPool(g, { x }, attrs) {
    const windows = poolsOf(x.shape, attrs);
    return g.make(
      "AvgPool",
      [x],
      { dtype: x.dtype as Dtype, shape: windows.outShape },
      averageAttributes(windows),
    );
  },
  AvgPoolGrad(g, { dy, input }, attrs) {
    const windows = poolsOf(input.shape, attrs);
    const kind = { dtype: "float32" as const, shape: input.shape };
    return g.make("AvgPoolGrad", [g.sizes(...input.shape), dy], kind, averageAttributes(windows));
  },
};
