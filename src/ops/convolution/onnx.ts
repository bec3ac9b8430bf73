import type { OnnxGraph } from "../OnnxGraph";
import { rowsOfTexts } from "../rows/onnx";

/** Along each text; `shape` is the weight's, [out, in, width]. */
export function convolution(
  graph: OnnxGraph,
  { x, weight, bias, shape }: { x: string; weight: string; bias: string; shape: number[] },
): string {
  const [out, width, size] = shape;
  const margin = (size - 1) / 2;
  const turn = (texts: string) => graph.op("Transpose", [texts], { perm: { ints: [0, 2, 1] } });
  const texts = turn(rowsOfTexts(graph, x, width));
  const convolved = graph.op("Conv", [texts, weight, bias], { pads: { ints: [margin, margin] } });
  return graph.op("Reshape", [turn(convolved), graph.shape(-1, out)]);
}
