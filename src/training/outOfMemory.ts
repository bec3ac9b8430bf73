import type { Rows } from "../data/Rows";
import { FrostError } from "../errors";

// How the engines say it: TensorFlow, Dawn, V8's buffers, ONNX Runtime.
const SIGNS =
  /\bOOM\b|out of memory|resource.?exhausted|allocation failed|invalid typed array length|failed to allocate memory|bad.alloc/i;

/** Whether an error says that the engine ran out of memory. */
export const isOutOfMemory = (error: unknown): error is Error =>
  error instanceof Error && SIGNS.test(error.message);

/**
 * Rewrites an out-of-memory error into one with advice; returns any other unchanged. `accumulated` is how many batches make a step, null
 * where nothing learns; `rows` is how many of a batch were in the model at a time.
 */
export function explainOutOfMemory(
  error: unknown,
  batchSize: number,
  datasets: Rows[],
  accumulated: number | null,
  rows: number = batchSize,
): unknown {
  if (!isOutOfMemory(error)) return error;
  const widest = datasets.reduce((a, b) => (b.longest > a.longest ? b : a));
  const cures = [
    rows > 1 && rows < batchSize && `microBatchSize: ${Math.ceil(rows / 2)}, which trains the same`,
    batchSize > 1 &&
      rows === batchSize &&
      `batchSize: ${Math.ceil(batchSize / 2)}${accumulated === null ? "" : ` with gradientAccumulation: ${2 * accumulated}, which trains the same`}`,
    widest.longest > 32 && `maxLength: ${Math.ceil(widest.longest / 2)}`,
    accumulated !== null && "freezing one block more",
  ].filter((cure) => cure !== false);
  const advice = cures.length > 0 ? `: try ${cures.join(", or ")}` : "";
  return new FrostError(`the engine ran out of memory on a batch of ${rows} ${widest}${advice}`, {
    cause: error,
  });
}
