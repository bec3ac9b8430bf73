import type * as tf from "@tensorflow/tfjs-core";
import { firstNotFinite } from "../check";
import { batchRows } from "../data/batches";
import type { Rows } from "../data/Rows";
import { FrostError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { columns, sideBySide } from "../nn/columns";
import { Pass, type Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { nextTurn } from "../training/nextTurn";

/** Features of some rows, [rows, hidden] for each depth, of N = 0 first. */
export interface DepthFeatures {
  numbers: Int32Array;
  depths: Float32Array[];
}

/**
 * What the model's head would read of each row if the encoder ended after N blocks, for all N in one forward: the hidden states,
 * pooled as the head pools. Yields them batch by batch, and keeps none.
 */
export async function* depthFeatures(
  model: Classifier,
  rows: Rows,
  batchSize: number,
): AsyncGenerator<DepthFeatures, void> {
  for (const numbers of batchRows(rows.lengths, { batchSize })) {
    const states = pooledStates(model, rows, numbers);
    const values = (await states.data()) as Float32Array;
    states.dispose();
    const depths = model.depth + 1;
    const hidden = states.shape[1]! / depths;
    const at = firstNotFinite(values);
    if (at >= 0) {
      const row = numbers[Math.floor(at / (hidden * depths))];
      const n = Math.floor((at % (hidden * depths)) / hidden);
      throw new FrostError(
        `expected finite hidden states, got ${values[at]} in row ${row} at N = ${n}; look at the model's weights and this row`,
      );
    }
    yield { numbers, depths: Array.from({ length: depths }, (_, n) => ofDepth(values, n, depths, hidden)) };
    await nextTurn();
  }
}

/** [rows, depths · hidden] */
function pooledStates(model: Classifier, rows: Rows, numbers: Int32Array): tf.Tensor {
  const { stages } = model;
  const head = stages.at(-1)!;
  const inputs = model.inputsOf(rows.batch(numbers));
  const pass = new Pass();
  let pooled: Value | null = null;
  let hidden = 0;
  const seen = (state: Value) => {
    const width = state.tensor.shape[1]!;
    hidden ||= width;
    // After a block's own output come those of earlier blocks, where the head reads several.
    const own = width === hidden ? state : columns(pass, state, 0, hidden);
    const one = head.pool!(pass, inputs, own);
    pooled = pooled ? sideBySide(pass, pooled, one) : one;
  };
  return runStages(pass, stages, inputs, { to: stages.length - 1, seen, finish: () => pooled! }).tensor;
}

function ofDepth(values: Float32Array, n: number, depths: number, hidden: number): Float32Array {
  const width = depths * hidden;
  const features = new Float32Array(values.length / depths);
  for (let r = 0; r * hidden < features.length; r++)
    features.set(values.subarray(r * width + n * hidden, r * width + (n + 1) * hidden), r * hidden);
  return features;
}
