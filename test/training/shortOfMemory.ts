import * as tf from "@tensorflow/tfjs-core";
import { FunctionRunner } from "../../src/engine/functions/FunctionRunner";
import { OnnxRunner } from "../../src/engine/onnxruntime/OnnxRunner";
import type { Runner } from "../../src/engine/recorder/Program";
import { recording } from "../../src/engine/recorder/recording";
import type { Classifier } from "../../src/models/Classifier";

// Memory that runs out, at several places.

/** As TensorFlow says it. */
const says = (what: string) => `OOM when allocating tensor with ${what} by allocator GPU_0_bfc`;

/** While `work` goes on, training forwards of more than so many rows fail in the model's stage of that number; -1 is the head. */
export async function withRoomFor<Result>(
  rows: number,
  model: Classifier,
  stage: number,
  work: () => PromiseLike<Result>,
): Promise<Result> {
  const { forward } = model.stages.at(stage)!;
  const one = model.stages.at(stage)!;
  one.forward = (pass, inputs, x) => {
    const { batchSize } = inputs as unknown as { batchSize: number };
    if (pass.training && batchSize > rows) throw new Error(says(`${batchSize} rows`));
    return forward.call(one, pass, inputs, x);
  };
  try {
    return await work();
  } finally {
    one.forward = forward;
  }
}

/**
 * While `work` goes on, the so many-th kernel call from now on fails; gives how many calls there were. Copies that share their data need no
 * memory.
 */
export async function failingAt(call: number, work: () => PromiseLike<unknown>): Promise<number> {
  const engine = tf.engine();
  const { runKernel } = engine;
  let calls = 0;
  engine.runKernel = ((...given: Parameters<typeof runKernel>) => {
    if (given[0] !== "Identity" && calls++ === call) throw new Error(says(`${given[0]}`));
    return runKernel.apply(engine, given);
  }) as typeof runKernel;
  try {
    await work();
  } finally {
    engine.runKernel = runKernel;
  }
  return calls;
}

/**
 * While `work` goes on, programs that read attention masks of more than so many rows fail where an engine that records runs them; gives
 * how many runs failed.
 */
export async function withRoomToRun(rows: number, work: () => PromiseLike<unknown>): Promise<number> {
  let failed = 0;
  const runners = [OnnxRunner, FunctionRunner].map(({ prototype }) => prototype as Runner);
  const before = runners.map(({ prepare }) => prepare);
  runners.forEach((runner, i) => {
    runner.prepare = function (this: Runner, program) {
      const prepared = before[i].call(this, program);
      const run = prepared.run.bind(prepared);
      prepared.run = (inputs, outputs) => {
        const masks = [...inputs.values()].filter(({ shape }) => shape.length === 4 && shape[1] === 1);
        if (masks.some(({ shape }) => shape[0] > rows)) {
          failed++;
          throw new Error(says("a mask"));
        }
        run(inputs, outputs);
      };
      return prepared;
    };
  });
  try {
    // What was prepared before knows nothing of it.
    recording()?.recorder.dispose();
    await work();
  } finally {
    runners.forEach((runner, i) => {
      runner.prepare = before[i];
    });
    recording()?.recorder.dispose();
  }
  return failed;
}
