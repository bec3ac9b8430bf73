// Heads of several layers, recurrent ones and those of the first rows, against PyTorch: test/fixtures/heads/make.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { freezeWhere } from "../../src/freeze";
import type { PoolingHead } from "../../src/models/Head";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { textInputs } from "../../src/models/textInputs";
import { AdamW } from "../../src/training/AdamW";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { tinyBert } from "../training/toyData";
import { lossAndGradientsOf } from "./parityTests";

interface Case {
  logits: number[];
  loss: number;
  /** Of the head's parameters, in PyTorch's order, and in PyTorch's shapes. */
  shapes: Record<string, number[]>;
  /** Of each, its norm and its sum weighted by waves. */
  gradients: Record<string, [norm: number, sum: number]>;
  /** Logits after three AdamW steps. */
  trained: number[];
}

const expected = JSON.parse(readFileSync(join(__dirname, "../fixtures/heads/expected.json"), "utf8")) as {
  rows: number[][];
  labels: number[];
  cases: Record<string, Case>;
};

const CASES: Record<string, PoolingHead> = {
  gru: { pooling: "gru" },
  "gru, both ways, narrow": { pooling: "gru", hiddenSize: 5, bidirectional: true },
  lstm: { pooling: "lstm" },
  "lstm, both ways, narrow": { pooling: "lstm", hiddenSize: 5, bidirectional: true },
  "lstm over the sum of two layers": { pooling: "lstm", lastLayers: 2, useWeightedLayerSum: true },
  "the sum of all layers": { pooling: "mean", useWeightedLayerSum: true },
  "the sum of two layers, first row": { pooling: "cls", lastLayers: 2, useWeightedLayerSum: true },
  "first rows": { pooling: "firstRows", rows: 3 },
  "more first rows than a text has": { pooling: "firstRows", rows: 10, lastLayers: 2 },
};

const longest = Math.max(...expected.rows.map((row) => row.length));
const padded = expected.rows.map((row) => [...row, ...Array<number>(longest - row.length).fill(0)]);
const mask = padded.map((row) => row.map((id) => (id === 0 ? 0 : 1)));
const rows = { inputIds: padded, attentionMask: mask };
const inputs = () =>
  textInputs({
    batchSize: padded.length,
    sequenceLength: longest,
    inputIds: padded.flat(),
    attentionMask: mask.flat(),
  });
const subject = { expected: { inputs: { labels: expected.labels } }, inputs };

/** The numbers that the fixture's heads start from. */
function assignDrawn(model: SequenceClassifier): void {
  for (const parameter of model.stages.at(-1)!.parameters) {
    const start = [...parameter.name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    const values = Float32Array.from({ length: parameter.size }, (_, i) => 0.3 * Math.sin(start + 1.7 * i));
    parameter.assign(tf.tensor(values, parameter.shape));
  }
}

async function load(head: PoolingHead): Promise<SequenceClassifier> {
  const model = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
    head,
    numLabels: 3,
    log: () => {},
  });
  assignDrawn(model);
  return model;
}

onEveryEngine("heads against PyTorch", () => {
  assert.deepEqual(Object.keys(CASES), Object.keys(expected.cases));
  for (const [title, head] of Object.entries(CASES)) {
    const { logits, loss, shapes, gradients, trained } = expected.cases[title];

    it(`${title}: has PyTorch's parameters, and gives its logits, loss and gradients`, async () => {
      const before = tf.memory().numTensors;
      const model = await load(head);
      const own = model.stages.at(-1)!.parameters.map(({ name, shape }) => [name, shape]);
      assert.deepEqual(own, Object.entries(shapes));
      const given = model.forward(rows).logits;
      assertClose(await given.data(), logits, 1e-5);
      const made = await lossAndGradientsOf(model, subject);
      assert.ok(Math.abs(made.loss - loss) < 1e-6, `loss ${made.loss}, PyTorch's is ${loss}`);
      assert.deepEqual(
        [...made.gradients.keys()].map(({ name }) => name).sort(),
        Object.keys(gradients).sort(),
      );
      for (const [{ name }, gradient] of made.gradients) {
        const values = [...(await gradient.data())];
        const [norm, sum] = gradients[name];
        // A key bias's gradient is zero but for rounding.
        const tolerance = 1e-4 * norm + 1e-6;
        assert.ok(Math.abs(Math.hypot(...values) - norm) < tolerance, `${name}: norm`);
        const waves = values.reduce((all, value, i) => all + value * Math.sin(i), 0);
        assert.ok(Math.abs(waves - sum) < 3 * tolerance, `${name}: ${waves}, PyTorch's is ${sum}`);
      }
      tf.dispose([given, ...made.gradients.values()]);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    it(`${title}: gives PyTorch's logits after three steps of AdamW`, async () => {
      const model = await load(head);
      const optimizer = new AdamW();
      for (let step = 0; step < 3; step++) {
        const made = await lossAndGradientsOf(model, subject);
        optimizer.step(made.gradients, () => ({ learningRate: 1e-3, weightDecay: 0.01 }));
        tf.dispose([...made.gradients.values()]);
      }
      const given = model.forward(rows).logits;
      assertClose(await given.data(), trained, 1e-4);
      given.dispose();
      optimizer.dispose();
      model.dispose();
    });

    it(`${title}: computes the gradients of what learns alone, whatever part of the head that is`, async () => {
      const model = await load(head);
      const names = Object.keys(shapes);
      const whole = await lossAndGradientsOf(model, subject);
      const values = new Map<string, Float32Array>();
      for (const [{ name }, gradient] of whole.gradients)
        values.set(name, (await gradient.data()).slice() as Float32Array);
      tf.dispose([...whole.gradients.values()]);
      for (const learns of [...names, "bert.embeddings.word_embeddings.weight"]) {
        for (const [name, parameter] of model.namedParameters()) parameter.requiresGrad = name === learns;
        const made = await lossAndGradientsOf(model, subject);
        const [[parameter, gradient]] = made.gradients;
        assert.deepEqual([made.gradients.size, parameter.name], [1, learns]);
        assertClose(await gradient.data(), values.get(learns)!, 1e-6, learns);
        gradient.dispose();
      }
      model.dispose();
    });
  }

  it("takes padding behind a text alone, and holes in none", async () => {
    const model = await load(CASES["gru, both ways, narrow"]);
    const forward = (...attentionMask: number[][]) =>
      model.forward({ inputIds: attentionMask.map((row) => row.map(() => 5)), attentionMask });
    for (const mask of [
      [0, 1, 1],
      [1, 0, 1],
    ])
      assert.throws(() => forward([1, 1, 0], mask), {
        name: "InputError",
        message: `attentionMask: expected ones and behind them zeros (pad on the right), since this head reads texts from their beginning, got ${mask.join(", ")} in row 1`,
      });
    forward([1, 1, 0], [1, 1, 1]).logits.dispose();
    model.dispose();
  });

  for (const title of [
    "gru, both ways, narrow",
    "lstm, both ways, narrow",
    "more first rows than a text has",
  ])
    it(`${title}: gives texts of one token the same loss and gradients, padded or not`, async () => {
      const model = await load(CASES[title]);
      const padded = (length: number) => ({
        expected: { inputs: { labels: [0, 2] } },
        inputs: () =>
          textInputs({
            batchSize: 2,
            sequenceLength: length,
            inputIds: [5, 9].flatMap((id) => [id, ...Array<number>(length - 1).fill(0)]),
            attentionMask: [1, 1].flatMap((seen) => [seen, ...Array<number>(length - 1).fill(0)]),
          }),
      });
      const [alone, wide] = [
        await lossAndGradientsOf(model, padded(1)),
        await lossAndGradientsOf(model, padded(4)),
      ];
      assert.ok(alone.loss > 0 && Math.abs(alone.loss - wide.loss) < 1e-6, `${alone.loss}, ${wide.loss}`);
      for (const [parameter, gradient] of alone.gradients) {
        const other = wide.gradients.get(parameter)!;
        assertClose(await gradient.data(), await other.data(), 1e-5, parameter.name);
        tf.dispose([gradient, other]);
      }
      model.dispose();
    });

  it("a frozen sum of layers is one that says what its weights are, and is judged no further", async () => {
    const model = await load({ pooling: "mean", useWeightedLayerSum: true });
    model.parameter("head.layer_weights").assign(tf.tensor1d([-1e9, 0, -1e9]));
    freezeWhere(model, "head.layer_weights");
    const { logits, hiddenStates } = model.forward(rows, { outputHiddenStates: true });
    const weight = model.parameter("head.classifier.weight").value;
    const bias = model.parameter("head.classifier.bias").value;
    const second = tf.tidy(() => {
      const seen = tf.expandDims(tf.tensor2d(mask), 2);
      const mean = tf.div(tf.sum(tf.mul(hiddenStates[2], seen), 1), tf.sum(seen, 1));
      return tf.add(tf.matMul(mean as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias);
    });
    assertClose(await logits.data(), await second.data(), 1e-5);
    tf.dispose([logits, second, ...hiddenStates]);
    model.dispose();
  });
});
