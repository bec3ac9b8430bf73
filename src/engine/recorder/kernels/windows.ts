import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../../errors";
import { otherEngines } from "../otherEngines";

const { backend_util } = tf;

/** How a window goes over an image: sizes of all that goes in and comes out, its steps and its padding. */
export type Windows = tf.backend_util.Conv2DInfo;
type Sizes = [number, number, number, number];

/** What tfjs's kernels of convolutions and pools are told. */
export interface WindowAttributes {
  strides: number | [number, number];
  pad: "valid" | "same" | number;
  dataFormat?: "NHWC" | "NCHW";
  dilations?: number | [number, number];
  dimRoundingMode?: "floor" | "round" | "ceil";
  filterSize: number | [number, number];
}

/** Those of a convolution of images [batch, height, width, channels] with a filter [height, width, in, out]. */
export function windowsOf(
  input: number[],
  filter: number[],
  attrs: WindowAttributes,
  depthwise = false,
): Windows {
  if (attrs.dataFormat === "NCHW")
    throw new InputError(
      `engine ${tf.getBackend()}: expected images as NHWC, got NCHW; use engine ${otherEngines()}`,
    );
  const sizes = [input, filter] as [Sizes, Sizes];
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs;
  return backend_util.computeConv2DInfo(...sizes, strides, dilations, pad, dimRoundingMode, depthwise);
}

/** Those of a pool. */
export const poolsOf = (
  input: number[],
  { filterSize, strides, pad, dimRoundingMode }: WindowAttributes,
): Windows => backend_util.computePool2DInfo(input as Sizes, filterSize, strides, 1, pad, dimRoundingMode);
