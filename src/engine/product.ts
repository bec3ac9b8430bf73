import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import type { Activation } from "./activation";
import { precision } from "./autocast";
import { tensorflowMultipliesFaster } from "./halfProduct";
import { matMul } from "./matMul";
import { type NativeKernels, nativeKernels } from "./nativeKernels";

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
  /** Whether a's rows are summed up too: where a is a transposed gradient dy, to the bias' gradient. */
  rowSums?: boolean;
  /** The place in the list of an earlier product that this one, which has none of bias, slope and add, is added to. */
  into?: number;
}

/** What comes of one: `y` [m, n], unless it went into another's, and the sums of a's rows after transposing, [m], if asked for. */
export interface Made {
  y: tf.Tensor | null;
  sums: tf.Tensor | null;
}

/** (f(a) · g(b) + bias) ⊙ h'(x) + add: [m, k] and [k, n], each transposed on request, → [m, n]; in the precision of `autocast`. */
export function product(options: Omit<Product, "rowSums" | "into">): tf.Tensor {
  return products([options])[0].y!;
}

/** The same of several, which costs less than one by one; sums of rows are of a as it is given, in float32. */
export function products(list: Product[]): Made[] {
  if (list.length === 0) return [];
  list.forEach(check);
  const native = multiplyingKernels();
  if (!native || list.some(({ a, b }) => a.size === 0 || b.size === 0)) return composed(list);
  return atOnce(native, list, precision() === "bf16");
}

/** The native kernels, where products of the present precision are theirs to make: fp16, and bf16 in some, are TensorFlow's. */
export function multiplyingKernels(): NativeKernels | null {
  const half = precision();
  return half === "fp16" || (half === "bf16" && tensorflowMultipliesFaster()) ? null : nativeKernels();
}

/** By the native kernels, in one call, and unchecked. */
export function atOnce(native: NativeKernels, list: Product[], bf16: boolean): Made[] {
  const settings = list.flatMap(
    ({ transposeA, transposeB, activationA, activationB, slope, rowSums, into }) => [
      +(transposeA ?? false),
      +(transposeB ?? false),
      activationA?.code ?? 0,
      activationB?.code ?? 0,
      slope?.f.code ?? 0,
      +bf16,
      +(rowSums ?? false),
      into ?? -1,
    ],
  );
  const inputs = [
    ...list.map(({ a }) => a),
    ...list.map(({ b }) => b),
    ...list.map(({ bias }) => bias ?? null),
    ...list.map(({ slope }) => slope?.x ?? null),
    ...list.map(({ add }) => add ?? null),
    Int32Array.from(settings),
  ];
  const made = native.run("Products", { count: list.length }, inputs, 2 * list.length);
  return list.map((_, i) => ({ y: made[i], sums: made[list.length + i] }));
}

function composed(list: Product[]): Made[] {
  const made = list.map((): Made => ({ y: null, sums: null }));
  tf.tidy(() => {
    list.forEach((options, i) => {
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
      const left = activationA ? activationA.forward(a) : a;
      let y = matMul(left, activationB ? activationB.forward(b) : b, transposeA, transposeB);
      if (bias) y = tf.add(y, bias);
      if (slope) y = slope.f.gradient(y, slope.x);
      if (add) y = tf.add(y, add);
      if (options.rowSums) made[i].sums = tf.sum(a, transposeA ? 0 : 1);
      if (options.into === undefined) made[i].y = y;
      else made[options.into].y = tf.add(made[options.into].y!, y);
    });
    return made.flatMap(({ y, sums }) => [y, sums]).filter((tensor) => tensor !== null);
  });
  return made;
}

/** The native kernels believe what they are given, and tfjs's ops stretch what does not fit. */
function check(each: Product, index: number, list: Product[]): void {
  const { bias, slope, add, into } = each;
  const { m, n, k, depth } = sizes(each);
  const target = into === undefined ? null : list[into];
  const fits =
    each.a.rank === 2 &&
    each.b.rank === 2 &&
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
  if (!target) return;
  const to = sizes(target);
  if (into! >= index || target.into !== undefined || bias || slope || add || to.m !== m || to.n !== n)
    throw new FrostError(
      `matrix product ${index}: [${m}, ${n}] cannot be added to product ${into}, [${to.m}, ${to.n}]; expected a plain one of the same shape and an earlier one`,
    );
}

function sizes({ a, b, transposeA, transposeB }: Product) {
  const [m, k] = transposeA ? [...a.shape].reverse() : a.shape;
  const [depth, n] = transposeB ? [...b.shape].reverse() : b.shape;
  return { m, k: k!, depth, n: n! };
}
