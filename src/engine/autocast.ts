import * as tf from "@tensorflow/tfjs-core";
import { checkOneOf } from "../check";
import { InputError } from "../errors";
import { FLOAT_TYPES, type FloatType } from "../options/floatType";

export const PRECISIONS = FLOAT_TYPES;

/** The type that matrix products round their factors to. Sums, weights, norms, softmax and all else are float32. */
export type Precision = FloatType;

/** Those of 16 bits: bfloat16, which has float32's range, and float16, which ends at 65504 and has three bits more of each number. */
export type Half = Exclude<Precision, "fp32">;

let current: Precision = "fp32";

/** The precision that products compute with now. */
export const precision = (): Precision => current;

/**
 * Runs `compute`, which must not wait for anything, with matrix products of this precision, as `torch.autocast` does.
 *
 * @throws InputError where the engine has no such products
 * @example
 * ```ts
 * autocast("fp32", () => model.forward({ inputIds: [[101, 2054, 102]] }));
 * ```
 */
export function autocast<Result>(wanted: Precision, compute: () => Result): Result {
  checkPrecision(wanted);
  const before = current;
  current = wanted;
  try {
    return compute();
  } finally {
    current = before;
  }
}

/** Throws an InputError for a precision that is not known, or that the engine in use does not have. */
export function checkPrecision(wanted: Precision): void {
  checkOneOf("precision", wanted, PRECISIONS);
  if (wanted !== "fp32" && tf.getBackend() !== "tensorflow")
    throw new InputError(
      `precision: expected fp32, which is all that engine ${tf.getBackend()} computes with, got ${wanted}; engine tensorflow has it`,
    );
}
