import type { Classifier } from "../models/Classifier";
import type { Pass, Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { batchOf, type Dataset } from "./dataset";
import type { FrozenFeatures } from "./FrozenFeatures";

/** Where a forward starts: behind the first `depth` stages from their kept features, or, with none, from the rows themselves. */
export interface Start {
  depth: number;
  features: FrozenFeatures | null;
}

/**
 * Takes some rows of a dataset through the model and on to `finish`, in a memory scope that leaves only the tensor of what
 * `finish` returns: the loss, or the logits themselves.
 */
export function forwardRows(
  model: Classifier,
  dataset: Dataset,
  rows: Int32Array,
  start: Start,
  pass: Pass,
  finish: (logits: Value) => Value,
): Value {
  const { inputs, sequenceLength } = batchOf(dataset, rows);
  const { depth, features } = start;
  return runStages(pass, model.stages, inputs, {
    ...(features && { from: depth, features: () => features.batch(dataset, rows, sequenceLength) }),
    finish,
  });
}
