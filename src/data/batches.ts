import { checkInteger } from "../check";
import { Random } from "../random";

/** Batches whose rows are sorted together: enough for little padding, few enough that batches differ from epoch to epoch. */
const BATCHES_PER_SORT = 50;

/**
 * Cuts rows into batches of similar length, every row exactly once.
 *
 * With `shuffle` the rows are drawn at random for this seed and epoch, sorted by length within stretches of 50 batches, and the
 * batches shuffled again. Without, the longest come first, so that whatever runs out of memory does so at once.
 *
 * @param lengths tokens of each row
 * @returns row numbers, batch by batch; one batch may be smaller than `batchSize`
 * @example
 * ```ts
 * const lengths = train.inputIds.map((ids) => ids.length);
 * for (const rows of batchRows(lengths, { batchSize: 32, shuffle: { seed: 0, epoch: 1 } })) console.log(rows);
 * ```
 */
export function batchRows(
  lengths: ArrayLike<number>,
  options: { batchSize: number; shuffle?: { seed: number; epoch: number } },
): Int32Array[] {
  const size = checkInteger("batchSize", options.batchSize, 1);
  const rows = Int32Array.from({ length: lengths.length }, (_, row) => row);
  const longestFirst = (a: number, b: number) => lengths[b] - lengths[a];
  if (!options.shuffle) return cut(rows.sort(longestFirst), size);
  const seed = checkInteger("shuffle.seed", options.shuffle.seed);
  const epoch = checkInteger("shuffle.epoch", options.shuffle.epoch, 0);
  const random = new Random(seed, "batches", epoch);
  const stretches = cut(random.shuffle(rows), size * BATCHES_PER_SORT);
  return random.shuffle(stretches.flatMap((stretch) => cut(stretch.sort(longestFirst), size)));
}

function cut(rows: Int32Array, size: number): Int32Array[] {
  const count = Math.ceil(rows.length / size);
  return Array.from({ length: count }, (_, i) => rows.slice(i * size, (i + 1) * size));
}
