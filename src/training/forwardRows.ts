import * as tf from "@tensorflow/tfjs-core";
import type { Classifier } from "../models/Classifier";
import type { Pass, Value } from "../nn/Pass";
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
  const batch = batchOf(dataset, rows);
  // What is computed again in backward reads the batch once more.
  if (pass.checkpointing) pass.own(batch);
  try {
    let value: Value;
    tf.tidy(() => {
      let x: Value | null = start.features
        ? pass.input(start.features.batch(dataset, rows, batch.sequenceLength))
        : null;
      const head = model.stages.at(-1);
      for (const stage of model.stages.slice(start.features ? start.depth : 0)) {
        const input = x;
        const forward = () => stage.forward(pass, batch.inputs, input);
        x =
          pass.checkpointing && stage !== head
            ? pass.checkpointed(stage.name, input, forward)
            : pass.scope(stage.name, forward);
      }
      value = finish(x!);
      return value.tensor;
    });
    return value!;
  } finally {
    if (!pass.checkpointing) batch.dispose();
  }
}
