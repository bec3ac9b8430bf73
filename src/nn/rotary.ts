import * as tf from "@tensorflow/tfjs-core";
import type { OnnxGraph } from "./OnnxGraph";
import type { Pass, Value } from "./Pass";

/** How far each position turns each pair of features: [1, positions, 1, width / 2] each, for heads of `width`. */
export interface Turns {
  cos: tf.Tensor;
  sin: tf.Tensor;
}

/** The turns by position · theta^(-2i / width) for positions from 0 on (Su et al. 2021). The caller disposes them. */
export function rotaryTurns(positions: number, width: number, theta: number): Turns {
  const half = width / 2;
  const slopes = slopesOf(width, theta);
  const angles = Float32Array.from(
    { length: positions * half },
    (_, i) => Math.floor(i / half) * slopes[i % half],
  );
  const table = (f: (x: number) => number) => tf.tensor4d(angles.map(f), [1, positions, 1, half]);
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** The same for all positions of a batch, as ONNX nodes: cosines or sines, [1, positions, 1, width / 2]. */
export function rotaryTurnsOnnx(graph: OnnxGraph, f: "Cos" | "Sin", width: number, theta: number): string {
  const places = graph.op("Cast", [graph.count(graph.given("sequenceLength"))], { to: { int: 1 } });
  const column = graph.op("Unsqueeze", [places, graph.ints(0, 2, 3)]);
  return graph.op(f, [graph.op("Mul", [column, graph.floats(...slopesOf(width, theta))])]);
}

/** In float32 at each step, as PyTorch has it: at position 8000 the difference shows. */
const slopesOf = (width: number, theta: number): number[] =>
  Array.from({ length: width / 2 }, (_, i) =>
    Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / width))),
  );

/**
 * Turns features i and i + width / 2 of each head of `x` [batch · positions, heads · width] by the angle of its position: products of
 * queries and keys then depend on how far apart the two are.
 */
export function rotary(pass: Pass, x: Value, heads: number, { cos, sin }: Turns): Value {
  return pass.record(
    turn(x.tensor, heads, cos, sin),
    [x],
    () => [cos, sin],
    (dy, [cos, sin]) => [turn(dy, heads, cos, tf.neg(sin))],
    (graph, [x]) => {
      const half = cos.shape[3]!;
      const split = graph.op("Reshape", [x, graph.shape("batchSize", -1, heads, 2 * half)]);
      const [a, b] = [0, half].map((start) => graph.slice(split, 3, start, start + half));
      const [c, s] = [cos, sin].map((table) => graph.given(table));
      const mul = (x: string, y: string) => graph.op("Mul", [x, y]);
      const turned = [graph.op("Sub", [mul(a, c), mul(b, s)]), graph.op("Add", [mul(b, c), mul(a, s)])];
      const joined = graph.op("Concat", turned, { axis: { int: 3 } });
      return graph.op("Reshape", [joined, graph.shape(-1, 2 * half * heads)]);
    },
  );
}

function turn(x: tf.Tensor, heads: number, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [, positions, , half] = cos.shape as number[];
  return tf.tidy(() => {
    const split = tf.reshape(x, [-1, positions, heads, 2 * half]);
    const size = [split.shape[0], positions, heads, half];
    const [a, b] = [0, half].map((start) => tf.slice(split, [0, 0, 0, start], size));
    const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
    return tf.reshape(tf.concat(turned, 3), x.shape);
  });
}
