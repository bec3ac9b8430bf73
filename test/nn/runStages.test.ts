import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { dropout } from "../../src/nn/elementwise";
import { linear } from "../../src/nn/linear";
import { Pass, type Value } from "../../src/nn/Pass";
import { runStages } from "../../src/nn/runStages";
import type { Stage } from "../../src/nn/Stage";
import { onEveryEngine } from "../onEveryEngine";
import { drawn } from "./numericalGradient";

interface Rows {
  rows: tf.Tensor2D;
  dispose(): void;
}

const rowsOf = (): Rows => {
  const rows = tf.tensor2d([1, -2, 3, 4], [2, 2]);
  return { rows, dispose: () => rows.dispose() };
};

/** A dense layer with dropout, which starts from the inputs where nothing came before. */
function stageOf(name: string): Stage<Rows> {
  const [weight, bias] = [drawn(`${name}.weight`, [2, 2]), drawn(`${name}.bias`, [2])];
  return {
    name,
    parameters: [weight, bias],
    forward: (pass, inputs, x) =>
      dropout(pass, linear(pass, x ?? pass.input(inputs.rows), { weight, bias }), 0.5),
  };
}

onEveryEngine("runStages", () => {
  const withStages = (test: (stages: Stage<Rows>[]) => void) => () => {
    const before = tf.memory().numTensors;
    const stages = ["embeddings", "block", "head"].map(stageOf);
    test(stages);
    for (const { parameters } of stages) for (const parameter of parameters) parameter.dispose();
    assert.equal(tf.memory().numTensors, before, "every tensor is freed");
  };
  const valuesOf = ({ tensor }: Value) => {
    const values = tensor.dataSync().slice();
    tensor.dispose();
    return values;
  };

  it(
    "gives the same where a run goes on from the features that another one ended with",
    withStages((stages) => {
      const whole = valuesOf(runStages(new Pass(), stages, rowsOf()));
      for (const line of [1, 2]) {
        const features = runStages(new Pass(), stages, rowsOf(), { to: line }).tensor;
        const again = () => tf.clone(features);
        const rest = runStages(new Pass(), stages, rowsOf(), { from: line, features: again });
        assert.deepEqual(valuesOf(rest), whole);
        features.dispose();
      }
    }),
  );

  it(
    "shows each output with its stage's number, and frees those that nobody keeps",
    withStages((stages) => {
      const seen: [number, tf.Tensor][] = [];
      let kept: tf.Tensor | undefined;
      const output = runStages(new Pass(), stages, rowsOf(), {
        seen({ tensor }, stage) {
          seen.push([stage, tensor]);
          if (stage === 1) kept = tf.keep(tensor);
        },
      });
      assert.deepEqual(
        seen.map(([stage, tensor]) => [stage, tensor.isDisposed]),
        [
          [0, true],
          [1, false],
          [2, false],
        ],
      );
      assert.equal(seen[2][1], output.tensor);
      tf.dispose([kept!, output.tensor]);
    }),
  );

  it(
    "draws dropout by a stage's name: what ran before it does not change the draws",
    withStages((stages) => {
      const pass = () => new Pass({ training: true, seed: [3] });
      let input!: tf.Tensor;
      const whole = valuesOf(
        runStages(pass(), stages, rowsOf(), {
          seen({ tensor }, stage) {
            if (stage === 0) input = tf.keep(tensor);
          },
        }),
      );
      const alone = runStages(pass(), stages, rowsOf(), { from: 1, features: () => tf.clone(input) });
      assert.deepEqual(valuesOf(alone), whole);
      input.dispose();
    }),
  );

  it(
    "computes a loss of the last output, and the same gradients with checkpointing, where inputs live until the pass ends",
    withStages((stages) => {
      const gradients = (checkpointing: boolean) => {
        const pass = new Pass({ training: true, recording: true, checkpointing, seed: [1] });
        const inputs = rowsOf();
        const loss = runStages(pass, stages, inputs, {
          finish: (y) =>
            pass.record({
              output: tf.sum(y.tensor),
              inputs: { y },
              backward: (dy) => ({ y: tf.mul(dy, tf.ones([2, 2])) }),
            }),
        });
        assert.equal(inputs.rows.isDisposed, !checkpointing);
        const found = [...pass.backward(loss)].map(([{ name }, gradient]) => {
          const values = gradient.dataSync().slice();
          gradient.dispose();
          return [name, values] as const;
        });
        pass.dispose();
        assert.ok(inputs.rows.isDisposed);
        return [valuesOf(loss), new Map(found)];
      };
      assert.deepEqual(gradients(true), gradients(false));
    }),
  );

  it(
    "frees the inputs where a stage fails",
    withStages((stages) => {
      const failing: Stage<Rows> = {
        ...stages[1],
        forward() {
          throw new Error("no memory");
        },
      };
      const inputs = rowsOf();
      assert.throws(() => runStages(new Pass(), [stages[0], failing, stages[2]], inputs), /no memory/);
      assert.ok(inputs.rows.isDisposed);
    }),
  );
});
