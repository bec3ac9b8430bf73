import * as tf from "@tensorflow/tfjs-core";
import { gelu, geluGradient } from "./gelu/gelu";

/** An elementwise function with its gradient from its input. */
export interface Activation {
  /** What the C++ kernels know it by (native/kernels/activation.h); null where they do not. */
  code: number | null;
  forward(x: tf.Tensor): tf.Tensor;
  gradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor;
}

/** Why a kernel that applies activations does not compute one of these. */
export const UNKNOWN_ACTIVATION = "an activation that the kernels do not know";

const C = Math.sqrt(2 / Math.PI);

const inner = (x: tf.Tensor) => tf.mul(tf.mul(x, C), tf.add(1, tf.mul(tf.square(x), 0.044715)));

/** Those that products apply on their way, by what C++ knows them by. */
export const activations = {
  /** GELU by the error function (Hendrycks and Gimpel 2016). */
  gelu: { code: 1, forward: gelu, gradient: geluGradient },
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
  },
  relu: {
    code: 3,
    forward: (x) => tf.relu(x),
    gradient: (dy, x) => tf.tidy(() => tf.mul(dy, tf.step(x))),
  },
  silu: {
    code: 4,
    forward: (x) => tf.tidy(() => tf.mul(x, tf.sigmoid(x))),
    gradient: (dy, x) =>
      tf.tidy(() => {
        const s = tf.sigmoid(x);
        return tf.mul(dy, tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s)))));
      }),
  },
} as const satisfies Record<string, Activation>;
