import * as tf from "@tensorflow/tfjs-core";
import { defineOp } from "../defineOp";
import { drawn, SIZES } from "../drawn";
import { recordedKernel } from "../kernels";
import { recordedGelu, recordedGeluGradient } from "./recorded";

/** x · Φ(x), Φ the normal distribution function (Hendrycks and Gimpel 2016); the shape stays. */
export const gelu = (x: tf.Tensor): tf.Tensor => geluOp({ x }).y;

/** dy · (Φ(x) + x · φ(x)): the gradient of `gelu` at x. */
export const geluGradient = (dy: tf.Tensor, x: tf.Tensor): tf.Tensor => geluGradientOp({ dy, x }).dx;

export const geluOp = defineOp<{ x: tf.Tensor }, { y: tf.Tensor }>({
  name: "gelu",
  inputs: { x: "any" },
  outputs: { y: "as x" },
  precision: null,
  composed: ({ x }) => ({ y: tf.mul(x, distribution(x)) }),
  kernels: [recordedKernel({ compute: recordedGelu })],
  *examples() {
    for (const size of SIZES)
      yield {
        title: `${size} elements`,
        inputs: () => ({ x: tf.mul(drawn("x", size), 3) }),
        tolerance: 3e-6,
      };
  },
});

export const geluGradientOp = defineOp<{ dy: tf.Tensor; x: tf.Tensor }, { dx: tf.Tensor }>({
  name: "geluGradient",
  inputs: { dy: "as x", x: "any" },
  outputs: { dx: "as x" },
  precision: null,
  composed({ dy, x }) {
    const slope = tf.mul(tf.mul(x, INVERSE_SQRT_2PI), tf.exp(tf.mul(tf.square(x), -0.5)));
    return { dx: tf.mul(dy, tf.add(distribution(x), slope)) };
  },
  kernels: [recordedKernel({ compute: recordedGeluGradient })],
  *examples() {
    for (const size of SIZES)
      yield {
        title: `${size} elements`,
        inputs: () => ({ dy: drawn("dy", size), x: tf.mul(drawn("x", size), 3) }),
        tolerance: 3e-6,
      };
  },
});

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

const distribution = (x: tf.Tensor) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
