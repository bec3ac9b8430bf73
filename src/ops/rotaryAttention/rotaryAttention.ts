import * as tf from "@tensorflow/tfjs-core";
import { precision } from "../../engine/autocast";
import { FrostError } from "../../errors";
import { attention } from "../attention/attention";
import { hidingLast } from "../attention/examples";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { type Dropout, seedOf } from "../dropoutMask/dropoutMask";
import { nativeKernel } from "../kernels";
import { firstRows } from "../rows/firstRows";
import { type Turns, turn } from "./turn";
import { type Cut, windowed } from "./windowed";

/** Queries, keys and values of many texts and heads as one dense layer gives them, and how their positions turn them. */
export interface RotaryAttended extends Turns {
  /** A row per token, its queries, keys and values side by side: [batch · n, 3 · heads · width]. */
  qkv: tf.Tensor;
  batchSize: number;
  heads: number;
  /** How many first tokens of each text ask: n, or 1 where only the first row is read. */
  queries: number;
  /** How many tokens each one sees to either side; null where all. */
  reach: number | null;
  /** Which weights are dropped after the softmax. */
  drop: Dropout | null;
}

export const ROTARY_ATTENDED = {
  qkv: "[batch · n, 3 · heads · width]",
  cos: "[1, n, 1, width / 2]",
  sin: "[1, n, 1, width / 2]",
  batchSize: "whole",
  heads: "whole",
  queries: "whole, up to n",
  reach: "whole, or null",
  drop: "rate and seed, or null",
};

/**
 * `attention` among the rows of each text with rotary positions (Su et al. 2021), of each token to all or to those at most `reach` places
 * away (Beltagy et al. 2020). `mask` is [batch, 1, 1, n]. Gives the output and the weights before `drop`, which backward reads: those
 * of as many keys as some queries see together, so that they grow with n alone where there is a reach.
 */
export const rotaryAttention = defineOp<
  RotaryAttended & { mask: tf.Tensor },
  { output: tf.Tensor; weights: tf.Tensor }
>({
  name: "rotaryAttention",
  inputs: { ...ROTARY_ATTENDED, mask: "[batch, 1, 1, n]" },
  outputs: { output: "[batch · queries, heads · width]", weights: "[batch, heads, queries, keys]" },
  precision: { bf16: 0.1, fp16: 0.02 },
  check(inputs) {
    const { n, width } = rotarySizes(inputs);
    const { qkv, cos, mask, batchSize } = inputs;
    if (mask.size !== batchSize * n || 2 * cos.size !== n * width)
      throw new FrostError(
        `attention: [${qkv.shape}] of ${batchSize} texts does not fit together with a mask [${mask.shape}] and turns [${cos.shape}]`,
      );
  },
  composed(inputs) {
    const { mask, batchSize, reach } = inputs;
    const { n, seen, cut, all } = rotarySizes(inputs);
    const shown = tf.slice(tf.reshape(mask, [batchSize, 1, 1, n]), [0, 0, 0, 0], [batchSize, 1, 1, seen]);
    const attended = { ...turned(inputs), mask: shown };
    return all ? attention(attended) : windowed(attended, reach!, cut);
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32", "bf16"],
      compute(native, inputs) {
        const { qkv, cos, sin, mask, drop } = inputs;
        const given = { qkv, cos, sin, mask, seed: seedOf(drop) };
        const { y, weights } = native.run("RotaryAttention", rotaryAttributes(inputs), given);
        return { output: y!, weights: weights! };
      },
    }),
  ],
  *examples() {
    for (const { title, attended, n } of rotaryExamples())
      yield {
        title,
        inputs() {
          const given = attended();
          return { ...given, mask: hidingLast(given.batchSize, n) };
        },
        tolerance: 1e-5,
      };
  },
});

/** Texts that are cut into blocks and such that are not, last blocks whole and in part, one query and all; with dropout and without. */
export function* rotaryExamples(): Iterable<{ title: string; n: number; attended(): RotaryAttended }> {
  for (const [batchSize, heads, n, width, queries, reach] of [
    [1, 1, 1, 2, 1, null],
    [2, 3, 7, 4, 7, null],
    [2, 2, 33, 34, 33, null],
    [2, 2, 9, 6, 1, null],
    [3, 2, 9, 6, 1, 3],
    [2, 1, 5, 4, 5, 9],
    [2, 2, 7, 6, 7, 3],
    [1, 2, 9, 64, 9, 3],
    [2, 2, 10, 4, 10, 3],
    [2, 1, 44, 34, 44, 7],
  ] as const)
    for (const drop of [null, { rate: 0.4, seed: 5 }])
      yield {
        title: `${batchSize} x ${heads}, ${queries} of ${n} x ${width}, reach ${reach}${drop ? ", dropped" : ""}`,
        n,
        attended() {
          const angles = drawn("angles", 1, n, 1, width / 2);
          const qkv = drawn("qkv", batchSize * n, 3 * heads * width);
          return { qkv, cos: tf.cos(angles), sin: tf.sin(angles), batchSize, heads, queries, reach, drop };
        },
      };
}

/** The parts of qkv as `attention` takes them: queries and keys turned, those alone that ask and that may be seen. */
export function turned(inputs: RotaryAttended) {
  const { qkv, batchSize, heads, queries, drop } = inputs;
  const { n, seen } = rotarySizes(inputs);
  const [query, key, value] = tf.split(qkv, 3, 1);
  const first = (x: tf.Tensor, rows: number) => (rows === n ? x : firstRows(x, batchSize, rows));
  return {
    query: first(turn(query, heads, inputs), queries),
    key: first(turn(key, heads, inputs), seen),
    value: first(value, seen),
    batchSize,
    heads,
    drop,
  };
}

/** What the C++ kernels are told, of forward and of backward. */
export function rotaryAttributes(inputs: RotaryAttended) {
  const { batchSize, heads, queries, drop } = inputs;
  const { reach, cut } = rotarySizes(inputs);
  const rest = { rate: drop?.rate ?? 0, bf16: precision() === "bf16" };
  return { batch: batchSize, heads, queries, reach, ...cut, ...rest };
}

/** `seen` keys are seen by all queries together; by each of them where `all`. */
export function rotarySizes({ qkv, batchSize, heads, queries, ...inputs }: RotaryAttended) {
  const n = qkv.shape[0] / batchSize;
  const width = qkv.shape[1]! / (3 * heads);
  for (const size of [n, width / 2])
    if (!Number.isInteger(size))
      throw new FrostError(
        `attention: expected ${batchSize} texts and 3 times ${heads} heads of even width to divide [${qkv.shape}]`,
      );
  const reach = Math.min(inputs.reach ?? n, n);
  const seen = Math.min(n, queries + reach);
  // With fewer than four blocks the whole is no larger than the blocks together.
  const cut: Cut =
    seen <= 3 * reach || reach === 0
      ? { block: queries, margin: 0, keys: seen }
      : { block: reach, margin: reach, keys: 3 * reach };
  return { n, width, reach, seen, cut, all: reach >= seen - 1 };
}
