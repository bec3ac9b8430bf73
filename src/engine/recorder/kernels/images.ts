import type * as tf from "@tensorflow/tfjs-core";
import type { OnnxAttribute } from "../../onnxMessages";
import type { Graph, Input } from "../Graph";
import { type Dtype, FIXED, sizeOf, type Value } from "../Value";
import type { KernelTable } from "./KernelTable";
import { activated } from "./products";
import { poolsOf, type WindowAttributes, type Windows, windowsOf } from "./windows";

// In ONNX channels come second.
const channelsFirst = (g: Graph, x: Input): Value => g.transpose(x, 0, 3, 1, 2);
const channelsLast = (g: Graph, x: Input): Value => g.transpose(x, 0, 2, 3, 1);

const pads = ({ padInfo: { top, left, bottom, right } }: Windows) => ({ ints: [top, left, bottom, right] });
const strides = ({ strideHeight, strideWidth }: Windows) => ({ ints: [strideHeight, strideWidth] });
const dilations = ({ dilationHeight, dilationWidth }: Windows) => ({ ints: [dilationHeight, dilationWidth] });
const poolAttributes = (windows: Windows) => ({
  kernel_shape: { ints: [windows.filterHeight, windows.filterWidth] },
  pads: pads(windows),
  strides: strides(windows),
});

/** From channels-last sizes to ONNX's. */
const turned = ([batch, height, width, channels]: number[]) => [batch, channels, height, width];

function conv(g: Graph, x: Input, filter: tf.TensorInfo, attrs: WindowAttributes): Value {
  const windows = windowsOf(g.value(x).shape, filter.shape, attrs);
  // [height, width, in, out] → [out, in, height, width]
  const weight = g.transpose(filter, 3, 2, 0, 1);
  return convolved(g, x, weight, windows, {});
}

function convolved(
  g: Graph,
  x: Input,
  weight: Value,
  windows: Windows,
  more: Record<string, OnnxAttribute>,
): Value {
  const { dtype } = g.value(x);
  const attributes = {
    pads: pads(windows),
    strides: strides(windows),
    dilations: dilations(windows),
    ...more,
  };
  const shape = turned(windows.outShape);
  return channelsLast(g, g.make("Conv", [channelsFirst(g, x), weight], { dtype, shape }, attributes));
}

/** What a transposed convolution leaves out at the end, since no window reaches it. */
function leftOver(windows: Windows): [number, number] {
  const over = (size: number, out: number, stride: number, window: number, before: number, after: number) =>
    size + before + after - ((out - 1) * stride + window);
  const { top, bottom, left, right } = windows.padInfo;
  const { inHeight, outHeight, strideHeight, effectiveFilterHeight } = windows;
  const { inWidth, outWidth, strideWidth, effectiveFilterWidth } = windows;
  return [
    over(inHeight, outHeight, strideHeight, effectiveFilterHeight, top, bottom),
    over(inWidth, outWidth, strideWidth, effectiveFilterWidth, left, right),
  ];
}

/** The gradient of a convolution's input, of windows as forward went: dy and the weight [out, in / groups, height, width]. */
function spreadOut(g: Graph, dy: Input, weight: Value, windows: Windows, group = 1): Value {
  const attributes = {
    ...{ pads: pads(windows), strides: strides(windows), dilations: dilations(windows) },
    ...{ output_padding: { ints: leftOver(windows) }, group: { int: group } },
  };
  const { batchSize, inChannels, inHeight, inWidth } = windows;
  const kind = { dtype: "float32" as const, shape: [batchSize, inChannels, inHeight, inWidth] };
  return channelsLast(g, g.make("ConvTranspose", [channelsFirst(g, dy), weight], kind, attributes));
}

function pool(g: Graph, type: "MaxPool" | "AveragePool", x: tf.TensorInfo, attrs: WindowAttributes): Value {
  const windows = poolsOf(x.shape, attrs);
  const kind = { dtype: x.dtype as Dtype, shape: turned(windows.outShape) };
  return channelsLast(g, g.make(type, [channelsFirst(g, x)], kind, poolAttributes(windows)));
}

export const images: KernelTable = {
  Conv2D: (g, { x, filter }, attrs) => conv(g, x, filter, attrs),
  FusedConv2D(g, { x, filter, bias, preluActivationWeights }, attrs) {
    const made = conv(g, x, filter, attrs);
    const shifted = bias ? g.op("Add", [made, bias]) : made;
    return activated(g, shifted, attrs.activation, preluActivationWeights, attrs.leakyreluAlpha);
  },
  Conv2DBackpropInput(g, { dy, filter }, { inputShape, ...attrs }) {
    const windows = windowsOf(inputShape, filter.shape, attrs);
    return spreadOut(g, dy, g.transpose(filter, 3, 2, 0, 1), windows);
  },
  // Each channel as an image of its own, convolved with the gradient as a window whose pixels lie a stride apart.
  Conv2DBackpropFilter(g, { x, dy }, { filterShape, ...attrs }) {
    const windows = windowsOf(x.shape, filterShape, attrs);
    const [height, width, channels, out] = filterShape;
    const [below, beside] = leftOver(windows);
    const attributes = { pads: pads(windows), dilations: strides(windows), strides: dilations(windows) };
    const inputs = [g.transpose(x, 3, 0, 1, 2), g.transpose(dy, 3, 0, 1, 2)];
    const sizes = [channels, out, height + below, width + beside];
    const made = g.make("Conv", inputs, { dtype: "float32", shape: sizes }, attributes);
    const within = below + beside === 0 ? made : g.block(made, [0, 0, 0, 0], [channels, out, height, width]);
    return g.transpose(within, 2, 3, 0, 1);
  },
  DepthwiseConv2dNative(g, { x, filter }, attrs) {
    const windows = windowsOf(x.shape, filter.shape, attrs, true);
    const [height, width, channels, multiplier] = filter.shape;
    const weight = g.reshape(g.transpose(filter, 2, 3, 0, 1), [channels * multiplier, 1, height, width]);
    return convolved(g, x, weight, windows, { group: { int: channels } });
  },
  MaxPool: (g, { x }, attrs) => pool(g, "MaxPool", x, attrs),
  MaxPoolGrad(g, { dy, input }, attrs) {
    const windows = poolsOf(input.shape, attrs);
    const shape = turned(windows.outShape);
    const kinds = [
      { dtype: "float32" as const, shape },
      { dtype: "int64" as const, shape },
    ];
    const [, places] = g.several("MaxPool", [channelsFirst(g, input)], kinds, poolAttributes(windows));
    const [count, size] = [sizeOf(shape), sizeOf(input.shape)];
    const flat = [
      g.zeros("float32", [size]),
      g.reshape(places, [count]),
      g.reshape(channelsFirst(g, dy), [count]),
    ];
    const sums = g.op("ScatterElements", flat, { axis: { int: 0 }, reduction: { text: "add" } });
    return channelsLast(g, g.reshape(sums, turned(input.shape)));
  },
  AvgPool: (g, { x }, attrs) => pool(g, "AveragePool", x, attrs),
  AvgPoolGrad(g, { dy, input }, attrs) {
    const windows = poolsOf(input.shape, attrs);
    const { filterHeight, filterWidth, inChannels } = windows;
    const ones = g.filled("float32", [inChannels, 1, filterHeight, filterWidth], 1);
    const shares = g.recorder.written(
      "float32",
      [1, windows.outHeight, windows.outWidth, 1],
      sharesOf(windows),
      FIXED,
    );
    return spreadOut(g, g.op("Mul", [dy, shares]), ones, windows, inChannels);
  },
  FusedBatchNorm(g, { x, mean, variance, scale, offset }, { varianceEpsilon }) {
    const by = g.op("Reciprocal", [g.op("Sqrt", [g.op("Add", [variance, g.float(varianceEpsilon)])])]);
    const factor = scale ? g.op("Mul", [by, scale]) : by;
    const scaled = g.op("Mul", [g.op("Sub", [x, mean]), factor]);
    return offset ? g.op("Add", [scaled, offset]) : scaled;
  },
};

/** 1 over how many pixels of the image, padding aside, each window sees. */
function sharesOf(windows: Windows): Float32Array {
  const { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = windows;
  const seen = (place: number, stride: number, window: number, before: number, size: number) =>
    Math.min(place * stride - before + window, size) - Math.max(place * stride - before, 0);
  const shares = new Float32Array(outHeight * outWidth);
  for (let i = 0; i < outHeight; i++)
    for (let j = 0; j < outWidth; j++) {
      const rows = seen(i, strideHeight, filterHeight, padInfo.top, windows.inHeight);
      shares[i * outWidth + j] =
        1 / (rows * seen(j, strideWidth, filterWidth, padInfo.left, windows.inWidth));
    }
  return shares;
}
