import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { autocast, type Precision } from "../../src/engine/autocast";
import type { EngineName } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { softmaxCrossEntropy } from "../../src/nn/loss";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { runStages } from "../../src/nn/runStages";
import type { Stage, StageInputs } from "../../src/nn/Stage";
import { AdamW } from "../../src/training/AdamW";
import { assertClose, distance } from "../close";
import { withoutHalf } from "../onEveryEngine";

/** What PyTorch computes from a small random checkpoint; README.md beside the fixtures says how it was made. */
export interface Expected {
  parameters: [string, number[]][];
  logits: number[][];
  loss: number;
  gradients: Record<string, { norm: number; first: number[] }>;
  /** Frozen while `trained` was made. */
  frozen: string[];
  /** Logits after three AdamW steps. */
  trained: number[][];
  inputs: { labels: number[] };
}

/** How the tests of one kind of model get at it. */
export interface Subject<Model extends Classifier> {
  expected: Expected;
  load: () => Promise<Model>;
  /** Logits of the fixture's rows. */
  logits: (model: Model) => tf.Tensor;
  /** The fixture's rows as the stages take them. */
  inputs: () => { dispose(): void };
  /** The N for which `topNLayerFreeze` freezes what was frozen in the fixture's three steps. */
  frozenBy: number;
  /** For each N in turn, whether a parameter is among those that the first stage or the first N blocks read. */
  belongs: (parameter: string, n: number) => boolean;
}

/** A test that gets the model, and fails if a tensor is left when the model is gone. */
export function onModel<Model extends Classifier>(
  load: () => Promise<Model>,
  title: string,
  test: (model: Model) => Promise<void> | void,
  skip: string | false = false,
): void {
  it(title, { skip }, async () => {
    const before = tf.memory().numTensors;
    const model = await load();
    await test(model);
    model.dispose();
    assert.equal(tf.memory().numTensors, before, "tensors left behind");
  });
}

/** Names, loss, gradients, training and freezing of a model against PyTorch's. */
export function parityTests<Model extends Classifier>(engine: EngineName, subject: Subject<Model>): void {
  const { expected, load, logits, frozenBy, belongs } = subject;
  const names = expected.parameters.map(([parameter]) => parameter);
  const lossAndGradients = (model: Model) => lossAndGradientsOf(model, subject);

  onModel(load, "has the parameters that Python's model has, in their order", (model) => {
    const found = model.namedParameters().map(([parameter, { shape }]) => [parameter, shape]);
    assert.deepEqual(found, expected.parameters);
  });

  onModel(load, "gives the same loss and the same gradient of every parameter", async (model) => {
    const { loss, gradients } = await lossAndGradients(model);
    assert.ok(Math.abs(loss - expected.loss) <= 1e-6, `loss ${loss}, PyTorch's is ${expected.loss}`);
    assert.deepEqual(namesOf(gradients), Object.keys(expected.gradients).sort());
    for (const [{ name }, gradient] of gradients) {
      const { norm, first } = expected.gradients[name];
      const values = await gradient.data();
      // The key biases' gradients are zero but for rounding, in PyTorch's numbers as well: softmax does not see them.
      const tolerance = 1e-4 * norm + 1e-7;
      assert.ok(Math.abs(Math.hypot(...values) - norm) <= tolerance, `${name}: norm`);
      assert.ok(distance(values.slice(0, first.length), first) <= tolerance, `${name}: values`);
    }
    tf.dispose([...gradients.values()]);
  });

  for (const half of ["bf16", "fp16"] as const)
    onModel(
      load,
      `gives logits, loss and gradients in ${half} within its rounding of these`,
      async (model) => {
        const near = NEAR[half];
        const given = autocast(half, () => logits(model));
        assertClose(await given.data(), expected.logits.flat(), near, "logits");
        given.dispose();
        const { loss, gradients } = await lossAndGradientsOf(model, subject, half);
        assert.ok(Math.abs(loss - expected.loss) <= near, `loss ${loss}, PyTorch's is ${expected.loss}`);
        const largest = Math.max(...Object.values(expected.gradients).map(({ norm }) => norm));
        for (const [{ name }, gradient] of gradients) {
          const { norm, first } = expected.gradients[name];
          const values = await gradient.data();
          const tolerance = 2 * near * (norm + 0.1 * largest); // a ReLU may have gone over 0
          assert.ok(Math.abs(Math.hypot(...values) - norm) <= tolerance, `${name}: norm`);
          assert.ok(distance(values.slice(0, first.length), first) <= tolerance, `${name}: values`);
        }
        tf.dispose([...gradients.values()]);
      },
      withoutHalf(engine),
    );

  onModel(
    load,
    "gives the same logits after three AdamW steps, and leaves what is frozen as it was",
    async (model) => {
      assert.deepEqual(topNLayerFreeze(model, frozenBy), expected.frozen);
      const start = new Map<string, ArrayLike<number>>();
      for (const name of expected.frozen) start.set(name, (await model.parameter(name).value.data()).slice());
      const optimizer = new AdamW();
      for (let step = 0; step < 3; step++) {
        const { gradients } = await lossAndGradients(model);
        optimizer.step(gradients, () => ({ learningRate: 1e-3, weightDecay: 0.01 }));
        tf.dispose([...gradients.values()]);
      }
      const trained = logits(model);
      assertClose(await trained.data(), expected.trained.flat(), 1e-4);
      for (const [name, values] of start)
        assert.deepEqual(await model.parameter(name).value.data(), values, name);
      trained.dispose();
      optimizer.dispose();
    },
  );

  onModel(load, "freezes for each N the first stage and the first N blocks, exactly those", (model) => {
    for (let n = 0; n <= model.depth; n++) {
      const wanted = names.filter((parameter) => belongs(parameter, n));
      assert.deepEqual(topNLayerFreeze(model, n), wanted, `N = ${n}`);
      const still = model.namedParameters().filter(([, { requiresGrad }]) => requiresGrad);
      assert.equal(still.length, names.length - wanted.length);
    }
  });

  onModel(load, "computes gradients above the frost line alone", async (model) => {
    for (let n = 0; n <= model.depth; n++) {
      const frozen = topNLayerFreeze(model, n);
      const { gradients } = await lossAndGradients(model);
      assert.deepEqual(namesOf(gradients), names.filter((name) => !frozen.includes(name)).sort(), `N = ${n}`);
      tf.dispose([...gradients.values()]);
    }
  });
}

/** How far logits and losses, which are around 1, may be off; a float16 has three bits more than a bfloat16. */
export const NEAR = { bf16: 0.08, fp16: 0.01 };

const namesOf = (gradients: Map<Parameter, tf.Tensor>) =>
  [...gradients.keys()].map(({ name }) => name).sort();

/** Loss and gradients of the mean cross-entropy in eval mode. The caller disposes the gradients. */
export async function lossAndGradientsOf<Model extends Classifier>(
  model: Model,
  {
    expected,
    inputs: makeInputs,
  }: { expected: { inputs: { labels: number[] } }; inputs: Subject<Model>["inputs"] },
  precision: Precision = "fp32",
  everyRow = false,
): Promise<{ loss: number; gradients: Map<Parameter, tf.Tensor> }> {
  const { labels } = expected.inputs;
  const inputs = makeInputs();
  const target = new Float32Array(labels.length * model.numLabels);
  // -100 is ignored, as Python does.
  const counted = labels.filter((label) => label >= 0).length;
  labels.forEach((label, row) => {
    if (label >= 0) target[row * model.numLabels + label] = 1 / counted;
  });
  const pass = new Pass({ recording: true });
  const { value, gradients } = autocast(precision, () => {
    const stages: readonly Stage<StageInputs>[] = model.stages;
    const value = runStages(pass, stages, inputs, {
      everyRow,
      finish: (x) => softmaxCrossEntropy(pass, x, tf.tensor2d(target, [labels.length, model.numLabels])),
    });
    return { value, gradients: pass.backward(value) };
  });
  const [loss] = await value.tensor.data();
  value.tensor.dispose();
  return { loss, gradients };
}
