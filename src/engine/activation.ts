import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { gelu, geluGradient } from "./gelu";

/** An elementwise function with its gradient from its input. */
export interface Activation {
  /** What the native kernels know it by (kernels/activation.h). */
  code: number;
  forward(x: tf.Tensor): tf.Tensor;
  gradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor;
}

const relu: Activation = {
  code: 3,
  forward: (x) => tf.relu(x),
  gradient: (dy, x) => tf.tidy(() => tf.mul(dy, tf.step(x))),
};

const silu: Activation = {
  code: 4,
  forward: (x) => tf.tidy(() => tf.mul(x, tf.sigmoid(x))),
  gradient: (dy, x) =>
    tf.tidy(() => {
      const s = tf.sigmoid(x);
      return tf.mul(dy, tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s)))));
    }),
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
};

const inner = (x: tf.Tensor) => tf.mul(tf.mul(x, C), tf.add(1, tf.mul(tf.square(x), 0.044715)));

const ACTIVATIONS: Record<string, Activation> = {
  gelu: { code: 1, forward: gelu, gradient: geluGradient },
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
