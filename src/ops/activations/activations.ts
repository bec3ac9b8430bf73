import * as tf from "@tensorflow/tfjs-core";
import type { OnnxBuilder } from "../../engine/OnnxBuilder";
import { gelu, geluGradient } from "../gelu/gelu";
import { geluForm, halfOf } from "../gelu/onnx";

/** An elementwise function with its gradient from its input. */
export interface Activation {
  /** What the C++ kernels know it by (native/kernels/activation.h); null where they do not. */
  code: number | null;
  /** Of one that is `gated`: the width of what it gives, half of that of what it takes. */
  width?: number;
  forward(x: tf.Tensor): tf.Tensor;
  gradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor;
  /** The same in ONNX, from x to its image: names in an export, values where a step is recorded. */
  onnx<X>(graph: OnnxBuilder<X>, x: X): X;
}

/** Why a kernel that applies activations does not compute one of these. */
export const UNKNOWN_ACTIVATION = "an activation that the kernels do not know";

const C = Math.sqrt(2 / Math.PI);

const inner = (x: tf.Tensor) => tf.mul(tf.mul(x, C), tf.add(1, tf.mul(tf.square(x), 0.044715)));

/** Those that products apply on their way, by what C++ knows them by. */
export const activations = {
  /** GELU by the error function (Hendrycks and Gimpel 2016). */
  gelu: {
    code: 1,
    forward: gelu,
    gradient: geluGradient,
    onnx: geluForm,
  },
  /** GELU's tanh approximation, which the checkpoints of some families were trained with. */
  geluTanh: {
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
  },
  relu: {
    code: 3,
    forward: (x) => tf.relu(x),
    gradient: (dy, x) => tf.tidy(() => tf.mul(dy, tf.step(x))),
    onnx: (graph, x) => graph.op("Relu", [x]),
  },
  silu: {
    code: 4,
    forward: (x) => tf.tidy(() => tf.mul(x, tf.sigmoid(x))),
    gradient: (dy, x) =>
      tf.tidy(() => {
        const s = tf.sigmoid(x);
        return tf.mul(dy, tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s)))));
      }),
    onnx: (graph, x) => graph.op("Mul", [x, graph.op("Sigmoid", [x])]),
  },
} as const satisfies Record<string, Activation>;

/** What `gated` adds to an activation's code. */
const GATED = 8;

/** f(a) · b for the halves a and b of each row (Shazeer 2020): [rows, 2 · width] → [rows, width]. */
export const gated = (f: Activation, width: number): Activation => ({
  code: f.code && f.code + GATED,
  width,
  forward: (x) =>
    tf.tidy(() => {
      const [a, b] = tf.split(x, 2, 1);
      return tf.mul(f.forward(a), b);
    }),
  gradient: (dy, x) =>
    tf.tidy(() => {
      const [a, b] = tf.split(x, 2, 1);
      return tf.concat([f.gradient(tf.mul(dy, b), a), tf.mul(dy, f.forward(a))], 1);
    }),
  onnx(graph, x) {
    const [a, b] = [0, width].map((start) => graph.slice(x, 1, start, start + width));
    return graph.op("Mul", [f.onnx(graph, a), b]);
  },
});
