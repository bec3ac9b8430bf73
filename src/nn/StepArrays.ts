import * as tf from "@tensorflow/tfjs-core";
import { stepInput } from "../engine/recorder/recording";

/** An array of JavaScript that a step's tensor is made of. */
export interface StepArray {
  shape: number[];
  dtype: "float32" | "int32";
  numbers(): Float32Array | Int32Array;
}

/** What a step reads of JavaScript, by name: what one that was recorded is run again with. */
export type StepArrays = Readonly<Record<string, StepArray>>;

/** A tensor of one of them, by whose name a recorded step knows it. */
export function tensorOf<Arrays extends StepArrays>(arrays: Arrays, name: keyof Arrays & string): tf.Tensor {
  const { numbers, shape, dtype } = arrays[name];
  return stepInput(name, tf.tensor(numbers(), shape, dtype));
}
