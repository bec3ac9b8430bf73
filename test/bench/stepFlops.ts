import type { Product } from "./contest";

/** As many as `randomRows` has. */
const LABELS = 2;

/** As wide as `randomCheckpoint` makes a head. */
const HEAD_WIDTH = 64;

/** A BERT and what it is stepped with. */
export interface StepSize {
  layers: number;
  hidden: number;
  rows: number;
  tokens: number;
}

/**
 * Floating-point operations of the matrix products in one training step of a BERT whose embeddings alone are frozen, as the kit
 * computes it: a multiplication and an addition each, forward and twice that backward, for the gradients of either factor. The last
 * block makes neither keys nor values: the [CLS] row's query meets the rows themselves; below the first block no gradient goes.
 */
export function stepFlops({ layers, hidden, rows, tokens }: StepSize): number {
  const all = rows * tokens;
  const square = 2 * hidden ** 2;
  const whole = 12 * all * square + 2 * (2 * all * tokens * hidden);
  // Between each head's query and the rows, and of the rows' sum.
  const met = 2 * (2 * all * (hidden / HEAD_WIDTH) * hidden);
  const last = 12 * rows * square + met;
  const head = rows * square + 2 * rows * hidden * LABELS;
  const noInputGradient = layers > 1 ? 3 * all * square : rows * square + met;
  return 3 * ((layers - 1) * whole + last + head) - noInputGradient;
}

/** The usual estimate of a step's operations (Kaplan et al. 2020): 2 a parameter and token, three times over; attention left out. */
export const estimatedFlops = (parameters: number, tokens: number): number => 2 * parameters * tokens * 3;

/** Parameters of the blocks alone, biases and norms among them. */
export const blockParameters = ({ layers, hidden }: { layers: number; hidden: number }): number =>
  layers * (12 * hidden ** 2 + 13 * hidden);

/** The products of a whole block's dense layers in a training step, forward and backward, as they lie in memory. */
export function blockProducts({ hidden, rows, tokens }: StepSize): Product[] {
  const all = rows * tokens;
  const dense = [
    { from: hidden, to: hidden, count: 4 }, // query, key, value and output
    { from: hidden, to: 4 * hidden, count: 1 },
    { from: 4 * hidden, to: hidden, count: 1 },
  ];
  return dense.flatMap(({ from, to, count }) => [
    { m: all, k: from, n: to, transposeB: true, count }, // x · Wᵀ
    { m: all, k: to, n: from, count }, // dy · W
    { m: to, k: all, n: from, transposeA: true, count }, // dyᵀ · x
  ]);
}

/** Operations a second of products that took so many seconds each, in the numbers they stand in. */
export function productRate(products: Product[], seconds: number[]): number {
  const [flops, total] = products.reduce(
    ([flops, total], { m, k, n, count }, i) => [flops + count * 2 * m * k * n, total + count * seconds[i]],
    [0, 0],
  );
  return flops / total;
}
