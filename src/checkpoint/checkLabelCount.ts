import { InputError } from "../errors";
import type { Checkpoint } from "./openCheckpoint";

/** A head that has to be drawn may have so many labels because config.json says so, more where the caller does. */
const MOST_LABELS = 10_000;

/** Throws where config.json counts more labels than a head of its own in the weights, before memory is taken for one. */
export function checkLabelCount(count: number, tensors: Checkpoint["tensors"], file: string): void {
  if (count > MOST_LABELS && ![...tensors.values()].some(({ shape }) => shape[0] === count))
    throw new InputError(
      `${file}: expected the labels of a head in its weights, got ${count} labels and no tensor of as many rows; say how many by numLabels`,
    );
}
