import * as tf from "@tensorflow/tfjs-core";
import { firstNotFinite } from "../check";
import type { Rows } from "../data/Rows";
import { autocast, type Precision } from "../engine/autocast";
import type { Classifier } from "../models/Classifier";
import { Pass, type Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";

/**
 * What it comes from that a model gives no finite numbers for these rows, for an error's line: the parameter that holds such a number,
 * else the first stage whose output does, and in which row. Null where a forward in eval mode is finite.
 */
export async function whyNotFinite(
  model: Classifier,
  rows: Rows,
  numbers: Int32Array,
  precision: Precision = "fp32",
): Promise<string | null> {
  return (await parameterNotFinite(model)) ?? (await stageNotFinite(model, rows, numbers, precision));
}

/** The first parameter or running statistic that holds NaN or infinity, in words. */
export async function parameterNotFinite(model: Classifier): Promise<string | null> {
  for (const [what, named] of [
    ["parameter", model.namedParameters()],
    ["running statistic", model.namedBuffers()],
  ] as const)
    for (const [name, parameter] of named) {
      const values = await parameter.data();
      const at = firstNotFinite(values);
      if (at >= 0) return `the ${what} ${name} holds ${values[at]}`;
    }
  return null;
}

async function stageNotFinite(
  model: Classifier,
  rows: Rows,
  numbers: Int32Array,
  precision: Precision,
): Promise<string | null> {
  for (const row of numbers) {
    const inputs = model.inputsOf(rows.batch(Int32Array.of(row)));
    const outputs: tf.Tensor[] = [];
    const seen = ({ tensor }: Value) => void outputs.push(tf.keep(tensor));
    try {
      autocast(precision, () => runStages(new Pass(), model.stages, inputs, { seen }));
      for (const [i, output] of outputs.entries()) {
        const values = (await output.data()) as Float32Array;
        const at = firstNotFinite(values);
        if (at >= 0)
          return (
            `row ${row} comes out of the model's ${model.stages[i].name} as ${values[at]}, ` +
            `beyond what ${precision} holds, though all its weights are finite`
          );
      }
    } finally {
      for (const output of new Set(outputs)) output.dispose();
    }
  }
  return null;
}
