import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier, TokenRows } from "../../src/models/SequenceClassifier";
import { textInputs } from "../../src/models/textInputs";
import { softmaxCrossEntropy } from "../../src/nn/loss";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { AdamW } from "../../src/training/AdamW";
import { assertClose, distance } from "../close";
import { onEveryEngineAndWebgpu } from "../onEveryEngine";

/** What PyTorch computes from a small random checkpoint; README.md beside the fixtures says how it was made. */
interface Expected {
  parameters: [string, number[]][];
  /** [layer][row][token][hidden] */
  hidden: number[][][][];
  logits: number[][];
  loss: number;
  gradients: Record<string, { norm: number; first: number[] }>;
  /** Frozen while `trained` was made. */
  frozen: string[];
  /** Logits after three AdamW steps. */
  trained: number[][];
  inputs: {
    input_ids: number[][];
    attention_mask: number[][];
    token_type_ids?: number[][];
    labels: number[];
  };
}

/** The folder of a fixture, what PyTorch makes of it, and its rows as a model takes them. */
export function fixture(name: string): { folder: string; expected: Expected; rows: TokenRows } {
  const folder = join(__dirname, "../fixtures/models", name);
  const expected: Expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  const { input_ids, attention_mask, token_type_ids } = expected.inputs;
  return {
    folder,
    expected,
    rows: { inputIds: input_ids, attentionMask: attention_mask, tokenTypeIds: token_type_ids },
  };
}

/**
 * Tests a family on every engine against the numbers PyTorch made of `test/fixtures/models/<name>`.
 *
 * @param frozenBy the N for which `topNLayerFreeze` freezes what was frozen in the fixture's three steps
 * @param belongs for each N in turn, whether a parameter is among those the first N blocks or the embeddings read
 */
export function againstPyTorch(
  name: string,
  options: { frozenBy: number; belongs: (parameter: string, n: number) => boolean },
): void {
  const { folder, expected, rows } = fixture(name);
  const load = () => AutoModelForSequenceClassification.fromPretrained(folder, { log: assert.fail });
  const names = expected.parameters.map(([parameter]) => parameter);

  /** A test that gets the model, and fails if a tensor is left when the model is gone. */
  const onModel = (title: string, test: (model: SequenceClassifier) => Promise<void> | void) =>
    it(title, async () => {
      const before = tf.memory().numTensors;
      const model = await load();
      await test(model);
      model.dispose();
      assert.equal(tf.memory().numTensors, before, "tensors left behind");
    });

  onEveryEngineAndWebgpu(`${name} against PyTorch`, () => {
    onModel("has the parameters that Python's model has, in their order", (model) => {
      const found = model.namedParameters().map(([parameter, { shape }]) => [parameter, shape]);
      assert.deepEqual(found, expected.parameters);
    });

    onModel("gives the same hidden states after the embeddings and every block", async (model) => {
      const { logits, hiddenStates } = model.forward(rows, { outputHiddenStates: true });
      assert.equal(hiddenStates.length, expected.hidden.length);
      for (const [layer, state] of hiddenStates.entries()) {
        const actual = await state.array();
        expected.inputs.attention_mask.forEach((mask, row) => {
          mask.forEach((seen, token) => {
            if (seen)
              assertClose(
                actual[row][token],
                expected.hidden[layer][row][token],
                1e-5,
                `layer ${layer}, row ${row}`,
              );
          });
        });
      }
      tf.dispose([logits, ...hiddenStates]);
    });

    onModel(
      "gives the same logits, whether the last block computes every row or the [CLS] rows alone",
      async (model) => {
        const short = model.forward(rows);
        const full = model.forward(rows, { outputHiddenStates: true });
        assertClose(await short.logits.data(), expected.logits.flat(), 1e-5);
        assertClose(await full.logits.data(), expected.logits.flat(), 1e-5);
        tf.dispose([short.logits, full.logits, ...full.hiddenStates]);
      },
    );

    onModel("gives the same loss and the same gradient of every parameter", async (model) => {
      const { loss, gradients } = await lossAndGradients(model, rows, expected.inputs.labels);
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

    onModel(
      "gives the same logits after three AdamW steps, and leaves what is frozen as it was",
      async (model) => {
        assert.deepEqual(topNLayerFreeze(model, options.frozenBy), expected.frozen);
        const start = new Map<string, ArrayLike<number>>();
        for (const name of expected.frozen)
          start.set(name, (await model.parameter(name).value.data()).slice());
        const optimizer = new AdamW();
        for (let step = 0; step < 3; step++) {
          const { gradients } = await lossAndGradients(model, rows, expected.inputs.labels);
          optimizer.step(gradients, () => ({ learningRate: 1e-3, weightDecay: 0.01 }));
          tf.dispose([...gradients.values()]);
        }
        const { logits } = model.forward(rows);
        assertClose(await logits.data(), expected.trained.flat(), 1e-4);
        for (const [name, values] of start)
          assert.deepEqual(await model.parameter(name).value.data(), values, name);
        logits.dispose();
        optimizer.dispose();
      },
    );

    onModel("freezes for each N the embeddings and the first N blocks, exactly those", (model) => {
      for (let n = 0; n <= model.depth; n++) {
        const wanted = names.filter((parameter) => options.belongs(parameter, n));
        assert.deepEqual(topNLayerFreeze(model, n), wanted, `N = ${n}`);
        const still = model.namedParameters().filter(([, { requiresGrad }]) => requiresGrad);
        assert.equal(still.length, names.length - wanted.length);
      }
    });

    onModel("computes gradients above the frost line alone", async (model) => {
      for (let n = 0; n <= model.depth; n++) {
        const frozen = topNLayerFreeze(model, n);
        const { gradients } = await lossAndGradients(model, rows, expected.inputs.labels);
        assert.deepEqual(
          namesOf(gradients),
          names.filter((name) => !frozen.includes(name)).sort(),
          `N = ${n}`,
        );
        tf.dispose([...gradients.values()]);
      }
    });
  });
}

const namesOf = (gradients: Map<Parameter, tf.Tensor>) =>
  [...gradients.keys()].map(({ name }) => name).sort();

/** Loss and gradients of the mean cross-entropy in eval mode. The caller disposes the gradients. */
async function lossAndGradients(
  model: SequenceClassifier,
  { inputIds, attentionMask, tokenTypeIds }: TokenRows,
  labels: number[],
): Promise<{ loss: number; gradients: Map<Parameter, tf.Tensor> }> {
  const [batchSize, sequenceLength] = [inputIds.length, inputIds[0].length];
  const inputs = textInputs(
    {
      batchSize,
      sequenceLength,
      inputIds: inputIds.flat(),
      attentionMask: attentionMask!.flat(),
      tokenTypeIds: tokenTypeIds?.flat(),
    },
    { everyRow: false },
  );
  const target = new Float32Array(batchSize * model.numLabels);
  labels.forEach((label, row) => {
    target[row * model.numLabels + label] = 1 / batchSize;
  });
  const pass = new Pass({ recording: true });
  const value = pass.scope("loss", () => {
    let x: Value | null = null;
    for (const stage of model.stages) x = pass.scope(stage.name, () => stage.forward(pass, inputs, x));
    return softmaxCrossEntropy(pass, x!, tf.tensor2d(target, [batchSize, model.numLabels]));
  });
  const gradients = pass.backward(value);
  const [loss] = await value.tensor.data();
  value.tensor.dispose();
  inputs.dispose();
  return { loss, gradients };
}
