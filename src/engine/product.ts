import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import type { Activation } from "./activation";
import { precision } from "./autocast";
import { tensorflowMultipliesFaster } from "./halfProduct";
import { matMul } from "./matMul";
import { nativeKernels } from "./nativeKernels";

/** A product of two matrices with what a dense layer does before and after it. */
export interface Product {
  a: tf.Tensor;
  b: tf.Tensor;
  transposeA?: boolean;
  transposeB?: boolean;
  /** Applied to each element of a, or of b, first. */
  activationA?: Activation;
  activationB?: Activation;
  /** Added to each row: [n]. */
  bias?: tf.Tensor;
  /** The product is multiplied elementwise by f'(x): [m, n]. */
  slope?: { f: Activation; x: tf.Tensor };
  /** Added last: [m, n]. */
  add?: tf.Tensor | null;
}

/** (f(a) · g(b) + bias) ⊙ h'(x) + add: [m, k] and [k, n], each transposed on request, → [m, n]; in the precision of `autocast`. */
export function product(options: Product): tf.Tensor {
  return withRowSums(options, false).y;
}

/** The same with the sums of a's rows, [m], after transposing and in float32: where a is a transposed gradient dy, that of the bias. */
export function productAndRowSums(options: Omit<Product, "activationA">): { y: tf.Tensor; sums: tf.Tensor } {
  const { y, sums } = withRowSums(options, true);
  return { y, sums: sums! };
}

function withRowSums(options: Product, rowSums: boolean): { y: tf.Tensor; sums: tf.Tensor | null } {
  const {
    a,
    b,
    transposeA = false,
    transposeB = false,
    activationA,
    activationB,
    bias,
    slope,
    add,
  } = options;
  const bf16 = precision() === "bf16";
  const native = precision() === "fp16" || (bf16 && tensorflowMultipliesFaster()) ? null : nativeKernels();
  if (native && a.size > 0 && b.size > 0) {
    check(options);
    const [y, sums] = native.run(
      "MatMul",
      {
        transpose_a: transposeA,
        transpose_b: transposeB,
        activation_a: activationA?.code ?? 0,
        activation_b: activationB?.code ?? 0,
        slope: slope?.f.code ?? 0,
        bf16,
        row_sums: rowSums,
      },
      [a, b, bias ?? null, slope?.x ?? null, add ?? null],
      2,
    );
    return { y: y!, sums };
  }
  const [y, sums] = tf.tidy(() => {
    const left = activationA ? activationA.forward(a) : a;
    let y = matMul(left, activationB ? activationB.forward(b) : b, transposeA, transposeB);
    if (bias) y = tf.add(y, bias);
    if (slope) y = slope.f.gradient(y, slope.x);
    if (add) y = tf.add(y, add);
    return rowSums ? [y, tf.sum(a, transposeA ? 0 : 1)] : [y];
  });
  return { y, sums: sums ?? null };
}

/** The native kernel believes what it is given; the others' own kernels check. */
function check({ a, b, transposeA, transposeB, bias, slope, add }: Product): void {
  const [m, k] = transposeA ? [...a.shape].reverse() : a.shape;
  const [depth, n] = transposeB ? [...b.shape].reverse() : b.shape;
  const fits =
    a.rank === 2 &&
    b.rank === 2 &&
    k === depth &&
    (!bias || bias.size === n) &&
    [slope?.x, add].every((x) => !x || tf.util.arraysEqual(x.shape, [m, n]));
  if (!fits)
    throw new FrostError(
      `matrix product: [${m}, ${k}] by [${depth}, ${n}] does not fit together with ${[bias, slope?.x, add]
        .filter((x) => x)
        .map((x) => `[${x!.shape}]`)
        .join(", ")}`,
    );
}
