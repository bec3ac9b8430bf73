// In ONNX channels come second, here and in the other ops on images.
import type { OnnxAttribute, OnnxGraph } from "../OnnxGraph";
import type { Steps } from "./window";

export const conv2d = (
  graph: OnnxGraph,
  { x, weight, ...steps }: { x: string; weight: string } & Steps,
): string => graph.op("Conv", [x, weight], windowAttributes(steps));

/** How a window goes over an image. */
export const windowAttributes = ({ stride, padding }: Steps): Record<string, OnnxAttribute> => ({
  strides: { ints: [stride, stride] },
  pads: { ints: [padding, padding, padding, padding] },
});

export const globalAveragePool = (graph: OnnxGraph, { x }: { x: string }): string =>
  graph.op("Flatten", [graph.op("GlobalAveragePool", [x])]);
