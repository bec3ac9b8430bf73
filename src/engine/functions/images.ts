import type * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../errors";
import type { OnnxAttribute } from "../onnxMessages";
import type { Graph, Input } from "../recorder/Graph";
import type { KernelTable, RecordedKernel } from "../recorder/kernels/KernelTable";
import { activated } from "../recorder/kernels/products";
import { poolsOf, type WindowAttributes, type Windows, windowsOf } from "../recorder/kernels/windows";
import { otherEngines } from "../recorder/otherEngines";
import type { Dtype, Value } from "../recorder/Value";

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
      `engine tensorflow: expected an average pool with padding "same" or "valid", got ${type.toLowerCase()}; use engine ${otherEngines()}`,
    );
  const { strideHeight, strideWidth, filterHeight, filterWidth } = windows;
  return {
    ksize: around(filterHeight, filterWidth),
    strides: around(strideHeight, strideWidth),
    padding: { text: type },
  };
}

function conv(g: Graph, x: Input, filter: tf.TensorInfo, attrs: WindowAttributes): Value {
  const windows = windowsOf(g.value(x).shape, filter.shape, attrs);
  return g.make("Conv2D", [x, filter], float32(windows.outShape), convAttributes(windows));
}

const float32 = (shape: number[]) => ({ dtype: "float32" as const, shape });

const pool =
  (type: "MaxPool" | "AvgPool", attributesOf: typeof poolAttributes): RecordedKernel =>
  (g, { x }, attrs) => {
    const windows = poolsOf(x.shape, attrs);
    const kind = { dtype: x.dtype as Dtype, shape: windows.outShape };
    return g.make(type, [x], kind, attributesOf(windows));
  };

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
    return g.make("Conv2DBackpropInput", inputs, float32(inputShape), convAttributes(windows));
  },
  Conv2DBackpropFilter(g, { x, dy }, { filterShape, ...attrs }) {
    const windows = windowsOf(x.shape, filterShape, attrs);
    const inputs = [x, g.sizes(...filterShape), dy];
    return g.make("Conv2DBackpropFilter", inputs, float32(filterShape), convAttributes(windows));
  },
  DepthwiseConv2dNative(g, { x, filter }, attrs) {
    const windows = windowsOf(x.shape, filter.shape, attrs, true);
    return g.make("DepthwiseConv2dNative", [x, filter], float32(windows.outShape), convAttributes(windows));
  },
  MaxPool: pool("MaxPool", poolAttributes),
  MaxPoolGrad(g, { dy, input, output }, attrs) {
    const windows = poolsOf(input.shape, attrs);
    return g.make("MaxPoolGrad", [input, output, dy], float32(input.shape), poolAttributes(windows));
  },
  AvgPool: pool("AvgPool", averageAttributes),
  AvgPoolGrad(g, { dy, input }, attrs) {
    const windows = poolsOf(input.shape, attrs);
    const inputs = [g.sizes(...input.shape), dy];
    return g.make("AvgPoolGrad", inputs, float32(input.shape), averageAttributes(windows));
  },
};
