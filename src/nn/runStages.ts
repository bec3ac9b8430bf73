import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";
import type { Stage, StageInputs } from "./Stage";

/** Which stages run, and what happens around them. */
export interface StageRun {
  /** The first stage that runs. Default: 0. */
  from?: number;
  /** The stage before which the run ends. Default: it ends behind the head. */
  to?: number;
  /** Makes the output of the stage before `from`, which is not computed then. Default: stage `from` starts from the inputs. */
  features?: () => tf.Tensor;
  /** Whether the last block has to compute all rows of a text, also where the head reads the first alone. Default: false. */
  everyRow?: boolean;
  /** Gets each stage's output; whoever wants one beyond the run keeps it (`tf.keep`). */
  seen?: (output: Value, stage: number) => void;
  /** Computes what the run returns from the last output, such as a loss. Default: that output itself. */
  finish?: (output: Value) => Value;
}

/**
 * Runs a model's stages one after the other, each in a scope of its name, checkpointed below the head where the pass asks for it.
 * Frees all tensors but the one of the value it returns, the inputs too: with the pass where backward computes stages again.
 */
export function runStages<Inputs extends StageInputs>(
  pass: Pass,
  stages: readonly Stage<Inputs>[],
  inputs: Inputs,
  {
    from = 0,
    to = stages.length,
    features,
    everyRow = false,
    seen,
    finish = (output) => output,
  }: StageRun = {},
): Value {
  if (pass.checkpointing) pass.own(inputs);
  try {
    let value: Value;
    tf.tidy(() => {
      let x: Value | null = features ? pass.input(features()) : null;
      for (let i = from; i < to; i++) {
        const input = x;
        const firstRows = !everyRow && (stages[i + 1]?.readsFirstRows ?? false);
        const forward = () => pass.reading(firstRows, () => stages[i].forward(pass, inputs, input));
        x =
          pass.checkpointing && i < stages.length - 1
            ? pass.checkpointed(stages[i].name, input, forward)
            : pass.scope(stages[i].name, forward);
        seen?.(x, i);
      }
      value = finish(x!);
      return value.tensor;
    });
    return value!;
  } finally {
    if (!pass.checkpointing) inputs.dispose();
  }
}
