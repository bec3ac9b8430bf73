import * as tf from "@tensorflow/tfjs-core";
import { precision } from "../../engine/autocast";
import type { NativeKernels } from "../../engine/nativeKernels";
import { FrostError } from "../../errors";
import { type Activation, UNKNOWN_ACTIVATION } from "../activations/activations";
import { defineOp } from "../defineOp";
import { nativeKernel, recordedKernel } from "../kernels";
import { tensorflowMultipliesFaster } from "../matMul/halfProduct";
import { matMul } from "../matMul/matMul";
import { examples } from "./examples";
import { recordedProducts } from "./recorded";

/** A product of two matrices with what a dense layer does before and after it. */
export interface Product {
  a: tf.Tensor;
  b: tf.Tensor;
  transposeA?: boolean;
  transposeB?: boolean;
  /** Applied to a, or to b, first. What is said of their shapes is then said of what this gives. */
  activationA?: Activation;
  activationB?: Activation;
  /** Added to each row: [n]. */
  bias?: tf.Tensor;
  /** The product is taken back through f at x: multiplied elementwise by f'(x), [m, n], or where f is gated made [m, 2 · n]. */
  slope?: { f: Activation; x: tf.Tensor };
  /** Added last: as the result. */
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

/** Of all that were asked for, in their order. */
export type ProductResults = { y: (tf.Tensor | null)[]; sums: (tf.Tensor | null)[] };

export const productsOp = defineOp<{ list: Product[] }, ProductResults>({
  name: "products",
  inputs: { list: "of each a [m, k], b [k, n], bias [n], slope.x and add [m, n]" },
  outputs: {
    y: "of each [m, n], or null where it went into another's",
    sums: "of each [m], where asked for",
  },
  precision: { bf16: 0.05, fp16: 8e-3 },
  check: ({ list }) => list.forEach(check),
  composed: ({ list }) => composed(list),
  kernels: [
    nativeKernel({
      precisions: ["fp32", "bf16"],
      never: inBf16,
      unless: ({ list }) => {
        if (list.some(({ a, b }) => a.size === 0 || b.size === 0)) return "matrices without elements";
        const applied = list.flatMap((each) => [each.activationA, each.activationB, each.slope?.f]);
        return applied.some((f) => f?.code === null) ? UNKNOWN_ACTIVATION : null;
      },
      compute: atOnce,
    }),
    recordedKernel({ compute: (graph, { list }) => recordedProducts(graph, list) }),
  ],
  examples,
});

/** (f(a) · g(b) + bias) ⊙ h'(x) + add: [m, k] and [k, n], each transposed on request, → [m, n]; in the precision of `autocast`. */
export function product(options: Omit<Product, "rowSums" | "into">): tf.Tensor {
  return products([options])[0].y!;
}

/** The same of several, which costs less than one by one; sums of rows are of a as it is given, in float32. */
export function products(list: Product[]): Made[] {
  if (list.length === 0) return [];
  const { y, sums } = productsOp({ list });
  return list.map((_, i) => ({ y: y[i], sums: sums[i] }));
}

/** Why the native kernels do not multiply in bfloat16, where that is the precision and they do not. */
export function inBf16(): string | null {
  return precision() === "bf16" && tensorflowMultipliesFaster()
    ? "TensorFlow multiplies bfloat16 faster here"
    : null;
}

function atOnce(native: NativeKernels, { list }: { list: Product[] }): ProductResults {
  const bf16 = +(precision() === "bf16");
  const settings = list.flatMap(
    ({ transposeA, transposeB, activationA, activationB, slope, rowSums, into }) => [
      +(transposeA ?? false),
      +(transposeB ?? false),
      activationA?.code ?? 0,
      activationB?.code ?? 0,
      slope?.f.code ?? 0,
      bf16,
      +(rowSums ?? false),
      into ?? -1,
    ],
  );
  return native.run(
    "Products",
    {},
    {
      a: list.map(({ a }) => a),
      b: list.map(({ b }) => b),
      bias: list.map(({ bias }) => bias ?? null),
      slopeOf: list.map(({ slope }) => slope?.x ?? null),
      add: list.map(({ add }) => add ?? null),
      settings: Int32Array.from(settings),
    },
  );
}

function composed(list: Product[]): ProductResults {
  const y: ProductResults["y"] = list.map(() => null);
  const sums: ProductResults["sums"] = list.map(() => null);
  list.forEach(({ a, b, bias, slope, add, into, rowSums, ...options }, i) => {
    const { transposeA = false, transposeB = false, activationA, activationB } = options;
    const left = activationA ? activationA.forward(a) : a;
    let made = matMul(left, activationB ? activationB.forward(b) : b, transposeA, transposeB);
    if (bias) made = tf.add(made, bias);
    if (slope) made = slope.f.gradient(made, slope.x);
    if (add) made = tf.add(made, add);
    if (rowSums) sums[i] = tf.sum(a, transposeA ? 0 : 1);
    if (into === undefined) y[i] = made;
    else y[into] = tf.add(y[into]!, made);
  });
  return { y, sums };
}

/** The native kernels believe what they are given, and tfjs's ops stretch what does not fit. */
function check(each: Product, index: number, list: Product[]): void {
  const { bias, slope, add, into } = each;
  const { m, n, k, inner } = sizes(each);
  const target = into === undefined ? null : list[into];
  const result = [m, slope?.f.width ? 2 * n : n];
  const fits =
    each.a.rank === 2 &&
    each.b.rank === 2 &&
    k === inner &&
    (!bias || bias.size === n) &&
    [slope?.x, add].every((x) => !x || tf.util.arraysEqual(x.shape, result)) &&
    !(each.rowSums && each.activationA?.width);
  if (!fits)
    throw new FrostError(
      `matrix product: [${m}, ${k}] by [${inner}, ${n}] does not fit together with ${[bias, slope?.x, add]
        .filter((x) => x)
        .map((x) => `[${x!.shape}]`)
        .join(", ")}`,
    );
  if (into === undefined) return;
  if (!target)
    throw new FrostError(`matrix product ${index}: expected an earlier product to be added to, got ${into}`);
  const to = sizes(target);
  if (into! >= index || target.into !== undefined || bias || slope || add || to.m !== m || to.n !== n)
    throw new FrostError(
      `matrix product ${index}: [${m}, ${n}] cannot be added to product ${into}, [${to.m}, ${to.n}]; expected a plain one of the same shape and an earlier one`,
    );
}

function sizes({ a, b, activationA, activationB, transposeA, transposeB }: Product) {
  const [rowsOfA, columnsOfA] = shapeOf(a, activationA);
  const [rowsOfB, columnsOfB] = shapeOf(b, activationB);
  const [m, k] = transposeA ? [columnsOfA, rowsOfA] : [rowsOfA, columnsOfA];
  const [inner, n] = transposeB ? [columnsOfB, rowsOfB] : [rowsOfB, columnsOfB];
  return { m, k, inner, n };
}

const shapeOf = ({ shape }: tf.Tensor, f?: Activation) => [shape[0], shape[1]! / (f?.width ? 2 : 1)];
