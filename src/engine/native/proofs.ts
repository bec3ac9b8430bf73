import type * as tf from "@tensorflow/tfjs-core";
import type { TensorflowBackend } from "../TensorflowBackend";

type Tfjs = typeof import("@tensorflow/tfjs-core");

/** Something to compute on the device, and what plain JavaScript makes of it. */
interface Proven {
  what: string;
  compute(tf: Tfjs, backend: TensorflowBackend): tf.Tensor;
  expected: Float32Array;
  /** How far a GPU may be off, which multiplies with ten bits of mantissa (TF32). */
  tolerance: number;
}

/** Small whole numbers: their products and sums are exact, in ten bits of mantissa as well. */
export const wholes = (size: number, step: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => ((i * step) % 17) - 8);

const filled = (size: number, value: (i: number) => number) =>
  Float32Array.from({ length: size }, (_, i) => value(i));
const sum = (count: number, term: (k: number) => number) => {
  let total = 0;
  for (let k = 0; k < count; k++) total += term(k);
  return total;
};

/** What a model needs of a device besides products: each is another library of CUDA, or other kernels. */
export const proofs = (): Proven[] => [convolution(), attention(), random(), step()];

/** Of an image of 6 x 6 pixels with 2 channels by 3 filters of 3 x 3, without padding. */
function convolution(): Proven {
  const [size, depth, filters, to] = [6, 2, 3, 4];
  const [image, filter] = [wholes(size * size * depth, 5), wholes(9 * depth * filters, 7)];
  return {
    what: "a convolution",
    compute: (tf) =>
      tf.conv2d(
        tf.tensor4d(image, [1, size, size, depth]),
        tf.tensor4d(filter, [3, 3, depth, filters]),
        1,
        "valid",
      ),
    expected: filled(to * to * filters, (i) => {
      const [row, column, k] = [Math.floor(i / filters / to), Math.floor(i / filters) % to, i % filters];
      return sum(9 * depth, (j) => {
        const [y, x, c] = [Math.floor(j / depth / 3), Math.floor(j / depth) % 3, j % depth];
        return image[((row + y) * size + column + x) * depth + c] * filter[j * filters + k];
      });
    }),
    tolerance: 0,
  };
}

/** softmax(q kᵀ) v of two heads, 5 tokens, 4 numbers each. */
function attention(): Proven {
  const [heads, tokens, width] = [2, 5, 4];
  const [q, k, v] = [3, 5, 7].map((step) => wholes(heads * tokens * width, step).map((x) => x / 8));
  const at = (x: Float32Array, head: number, token: number, i: number) =>
    x[(head * tokens + token) * width + i];
  return {
    what: "attention",
    compute(tf) {
      const [a, b, c] = [q, k, v].map((x) => tf.tensor3d(x, [heads, tokens, width]));
      return tf.matMul(tf.softmax(tf.matMul(a, b, false, true)), c);
    },
    expected: filled(heads * tokens * width, (i) => {
      const [head, token, column] = [
        Math.floor(i / width / tokens),
        Math.floor(i / width) % tokens,
        i % width,
      ];
      const weights = Array.from({ length: tokens }, (_, other) =>
        Math.exp(sum(width, (j) => at(q, head, token, j) * at(k, head, other, j))),
      );
      const total = sum(tokens, (other) => weights[other]);
      return sum(tokens, (other) => (weights[other] / total) * at(v, head, other, column));
    }),
    tolerance: 5e-3,
  };
}

/** Draws of one seed, each less the same draw once more, and one number of how many lie outside [0, 1). */
function random(): Proven {
  const count = 256;
  return {
    what: "random numbers of a seed",
    compute(tf, backend) {
      const type = (name: string, value: number) => ({ name, type: backend.binding.TF_ATTR_TYPE, value });
      const { TF_FLOAT, TF_INT32 } = backend.binding;
      const draw = () =>
        backend.executeSingleOutput(
          "StatelessRandomUniform",
          [type("dtype", TF_FLOAT), type("T", TF_INT32), type("Tseed", TF_INT32)],
          [tf.tensor1d([count], "int32"), tf.tensor1d([3, 0], "int32")],
        );
      const drawn = draw();
      const outside = tf.logicalOr(tf.less(drawn, 0), tf.greaterEqual(drawn, 1));
      // All alike would be none at all.
      const spread = tf.greater(tf.sub(tf.max(drawn), tf.min(drawn)), 0.5);
      return tf.concat([
        tf.sub(drawn, draw()),
        tf.reshape(tf.sum(tf.cast(outside, "float32")), [1]),
        tf.reshape(tf.cast(spread, "float32"), [1]),
      ]);
    },
    expected: filled(count + 2, (i) => (i === count + 1 ? 1 : 0)),
    tolerance: 0,
  };
}

/** Three steps of gradient descent of a linear layer, 8 rows of 4 numbers to 2. */
function step(): Proven {
  const [rows, width, outputs, rate] = [8, 4, 2, 0.02];
  const [x, y] = [wholes(rows * width, 5), wholes(rows * outputs, 3)].map((values) =>
    values.map((x) => x / 8),
  );
  let weight: Float32Array = new Float32Array(width * outputs);
  for (let i = 0; i < 3; i++) {
    const error = filled(rows * outputs, (at) => {
      const [row, o] = [Math.floor(at / outputs), at % outputs];
      return sum(width, (j) => x[row * width + j] * weight[j * outputs + o]) - y[at];
    });
    const before = weight;
    weight = filled(width * outputs, (at) => {
      const [j, o] = [Math.floor(at / outputs), at % outputs];
      return before[at] - rate * sum(rows, (row) => x[row * width + j] * error[row * outputs + o]);
    });
  }
  return {
    what: "a step of training",
    compute(tf) {
      const [inputs, targets] = [tf.tensor2d(x, [rows, width]), tf.tensor2d(y, [rows, outputs])];
      let made: tf.Tensor2D = tf.zeros([width, outputs]);
      for (let i = 0; i < 3; i++) {
        const error = tf.sub(tf.matMul(inputs, made), targets);
        made = tf.sub(made, tf.mul(tf.matMul(inputs, error, true, false), rate));
      }
      return made;
    },
    expected: weight,
    tolerance: 5e-3,
  };
}
