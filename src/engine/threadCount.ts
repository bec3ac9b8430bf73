import { availableParallelism } from "node:os";

/**
 * How many threads ONNX Runtime computes with: OMP_NUM_THREADS where it is a whole number from 1 on, as PyTorch has it, else one for each
 * processor that this process may use. (TensorFlow has TF_NUM_INTRAOP_THREADS.)
 */
export function threadCount(wish: string | undefined): number {
  const count = Number(wish);
  return Number.isSafeInteger(count) && count > 0 ? count : availableParallelism();
}
