import * as tf from "@tensorflow/tfjs-core";
import { onWasm, onWasmHeap } from "./wasmHeap";

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** x · Φ(x), Φ the normal distribution function (Hendrycks and Gimpel 2016); the shape stays. */
export function gelu(x: tf.Tensor): tf.Tensor {
  if (onWasm())
    return onWasmHeap(x.shape, [x], (y, u) => {
      for (let i = 0; i < u.length; i++) y[i] = u[i] * phi(u[i]);
    });
  return tf.tidy(() => tf.mul(x, distribution(x)));
}

/** dy · (Φ(x) + x · φ(x)): the gradient of `gelu` at x. */
export function geluGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (onWasm())
    return onWasmHeap(x.shape, [dy, x], (dx, d, u) => {
      for (let i = 0; i < u.length; i++) dx[i] = d[i] * (phi(u[i]) + u[i] * density(u[i]));
    });
  return tf.tidy(() => {
    const slope = tf.mul(tf.mul(x, INVERSE_SQRT_2PI), tf.exp(tf.mul(tf.square(x), -0.5)));
    return tf.mul(dy, tf.add(distribution(x), slope));
  });
}

const distribution = (x: tf.Tensor) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

const phi = (x: number) => 0.5 + 0.5 * erf(x * Math.SQRT1_2);

// The rational minimax approximation of Eigen's generic_fast_erf_float (MathFunctionsImpl.h): within 1e-7 of erf.
function erf(x: number): number {
  const z = Math.min(4, Math.max(-4, x));
  const s = z * z;
  const above =
    -1.60960333262415e-2 +
    s *
      (-2.95459980854025e-3 +
        s *
          (-7.34990630326855e-4 +
            s *
              (-5.69250639462346e-5 +
                s * (-2.10102402082508e-6 + s * (2.77068142495902e-8 + s * -2.72614225801306e-10)))));
  const below =
    -1.42647390514189e-2 +
    s *
      (-7.37332916720468e-3 +
        s * (-1.68282697438203e-3 + s * (-2.13374055278905e-4 + s * -1.45660718464996e-5)));
  return (z * above) / below;
}

const POWERS = Float64Array.from({ length: 160 }, (_, k) => 2 ** -k);

/** φ(x) = exp(-x²/2) / √2π, as 2 to a whole power times the Taylor series of 2^-f, f in [0, 1): within 1e-7. */
function density(x: number): number {
  const y = x * x * (0.5 * Math.LOG2E);
  if (y >= 150) return 0;
  const k = y | 0;
  const t = (y - k) * -Math.LN2;
  const series =
    1 +
    t *
      (1 +
        t *
          (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t * (1 / 720 + t * (1 / 5040 + t / 40320)))))));
  return INVERSE_SQRT_2PI * POWERS[k] * series;
}
