import type { Rows } from "../data/Rows";
import { stepInput } from "../engine/recorder/recording";
import type { Classifier } from "../models/Classifier";
import type { Pass, Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import type { StepArrays } from "../nn/StepArrays";
import type { FrozenFeatures } from "./FrozenFeatures";

/** Where a forward starts: at stage `from`, which reads the cached features of those before, or without any at the rows themselves. */
export interface Start {
  from: number;
  features: FrozenFeatures | null;
}

/** A start at the rows themselves. */
export const FROM_ROWS: Start = { from: 0, features: null };

/** Computes the logits of some rows, or what `finish` makes of them; frees all tensors but that one's. */
export function forwardRows(
  model: Classifier,
  rows: Rows,
  numbers: Int32Array,
  { from, features }: Start,
  pass: Pass,
  finish?: (logits: Value) => Value,
): Value {
  const batch = rows.batch(numbers);
  return runStages(pass, model.stages, model.inputsOf(batch), {
    ...(features && {
      from,
      features: () => stepInput("features", features.batch(rows.dataset, numbers, batch.sequenceLength)),
    }),
    finish,
  });
}

/** What that reads of JavaScript. */
export function arraysOfRows(
  model: Classifier,
  rows: Rows,
  numbers: Int32Array,
  { features }: Start,
): StepArrays {
  const batch = rows.batch(numbers);
  const { arrays } = model.inputsOf(batch);
  return features
    ? { ...arrays, features: features.array(rows.dataset, numbers, batch.sequenceLength) }
    : arrays;
}
