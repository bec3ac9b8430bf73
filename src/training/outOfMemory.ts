import { FrostError } from "../errors";

// How the engines say it: TensorFlow, the wasm heap, Dawn, V8's buffers.
const SIGNS =
  /\bOOM\b|out of memory|resource.?exhausted|cannot enlarge memory|memory access out of bounds|allocation failed/i;

/** The error itself, or, where it says that memory ran out, one that says what to try instead. */
export function explainOutOfMemory(error: unknown, batch: { rows: number; tokens: number }): unknown {
  if (!(error instanceof Error) || !SIGNS.test(error.message)) return error;
  const { rows, tokens } = batch;
  const cures = [
    rows > 1 && `batchSize: ${Math.ceil(rows / 2)} with gradientAccumulation: 2, which trains the same`,
    tokens > 32 && `maxLength: ${Math.ceil(tokens / 2)}`,
    "freezing one block more",
  ].filter((cure) => cure !== false);
  return new FrostError(
    `the engine ran out of memory on a batch of ${rows} texts of up to ${tokens} tokens: try ${cures.join(", or ")}`,
    { cause: error },
  );
}
