import { windowAttributes } from "../conv2d/onnx";
import type { Steps } from "../conv2d/window";
import type { OnnxGraph } from "../OnnxGraph";

export const maxPool = (
  graph: OnnxGraph,
  { x, size, ...steps }: { x: string; size: number } & Steps,
): string => graph.op("MaxPool", [x], { kernel_shape: { ints: [size, size] }, ...windowAttributes(steps) });
