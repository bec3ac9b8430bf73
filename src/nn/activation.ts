import * as tf from "@tensorflow/tfjs-core";
import type * as engine from "../engine/activation";
import { gelu, geluGradient } from "../engine/gelu";
import { InputError } from "../errors";
import type { OnnxGraph } from "./OnnxGraph";

/** An elementwise function with its gradient from its input. */
export interface Activation extends engine.Activation {
  /** The same as ONNX nodes, from the name of x to that of its image. */
  onnx(graph: OnnxGraph, x: string): string;
}

const relu: Activation = {
  code: 3,
  forward: (x) => tf.relu(x),
  gradient: (dy, x) => tf.tidy(() => tf.mul(dy, tf.step(x))),
  onnx: (graph, x) => graph.op("Relu", [x]),
};

const silu: Activation = {
  code: 4,
  forward: (x) => tf.tidy(() => tf.mul(x, tf.sigmoid(x))),
  gradient: (dy, x) =>
    tf.tidy(() => {
      const s = tf.sigmoid(x);
      return tf.mul(dy, tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s)))));
    }),
  onnx: (graph, x) => graph.op("Mul", [x, graph.op("Sigmoid", [x])]),
};

const C = Math.sqrt(2 / Math.PI);

/** GELU's tanh approximation, which the checkpoints of some families were trained with. */
const geluTanh: Activation = {
  code: 2,
  forward: (x) => tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner(x))))),
  gradient: (dy, x) =>
    tf.tidy(() => {
      const t = tf.tanh(inner(x));
      const slope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * 0.044715 * C), C), tf.sub(1, tf.square(t)));
      return tf.mul(dy, tf.mul(0.5, tf.add(tf.add(1, t), tf.mul(x, slope))));
    }),
  onnx(graph, x) {
    const cubic = graph.op("Mul", [graph.op("Mul", [x, x]), graph.float(0.044715)]);
    const inner = graph.op("Mul", [
      graph.op("Mul", [x, graph.float(C)]),
      graph.op("Add", [cubic, graph.float(1)]),
    ]);
    return halfOf(graph, x, graph.op("Tanh", [inner]));
  },
};

const inner = (x: tf.Tensor) => tf.mul(tf.mul(x, C), tf.add(1, tf.mul(tf.square(x), 0.044715)));

/** GELU by the error function, from opset 17's operators; opset 20 has one of its own. */
const geluExact: Activation = {
  code: 1,
  forward: gelu,
  gradient: geluGradient,
  onnx: (graph, x) => halfOf(graph, x, graph.op("Erf", [graph.op("Mul", [x, graph.float(Math.SQRT1_2)])])),
};

/** x · (1 + y) / 2 */
const halfOf = (graph: OnnxGraph, x: string, y: string): string =>
  graph.op("Mul", [graph.op("Mul", [x, graph.op("Add", [y, graph.float(1)])]), graph.float(0.5)]);

const ACTIVATIONS: Record<string, Activation> = {
  gelu: geluExact,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu,
  silu,
  swish: silu,
};

/** The activation that a config.json names in this field, as Transformers names them (ACT2FN in activations.py). */
export function activation(name: string, field = "hidden_act"): Activation {
  if (!(name in ACTIVATIONS))
    throw new InputError(`${field}: expected one of ${Object.keys(ACTIVATIONS).join(", ")}, got ${name}`);
  return ACTIVATIONS[name];
}
