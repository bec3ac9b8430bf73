import type * as tf from "@tensorflow/tfjs-core";
import type { OnnxGraph } from "./OnnxGraph";

/** 1 for each row that `mask` [batch, 1, 1, n] lets be seen, 0 for each that it hides: float32 of [batch, n, 1]. */
export function seenOnnx(graph: OnnxGraph, mask: tf.Tensor): string {
  const hidden = graph.op("Less", [graph.given(mask), graph.float(0)]);
  const seen = graph.op("Cast", [graph.op("Not", [hidden])], { to: { int: 1 } });
  return graph.op("Reshape", [seen, graph.shape("batchSize", -1, 1)]);
}
