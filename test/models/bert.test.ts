import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { textInputs } from "../../src/models/textInputs";
import { softmaxCrossEntropy } from "../../src/nn/loss";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { AdamW } from "../../src/training/AdamW";
import { assertClose, distance } from "../close";
import { onEveryEngineAndWebgpu } from "../onEveryEngine";

// What PyTorch computes from a small random checkpoint: see README.md beside it.
const folder = join(__dirname, "../fixtures/models/bert");
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
const rows = {
  inputIds: expected.inputs.input_ids as number[][],
  attentionMask: expected.inputs.attention_mask as number[][],
  tokenTypeIds: expected.inputs.token_type_ids as number[][],
};
const labels: number[] = expected.inputs.labels;

const load = () => AutoModelForSequenceClassification.fromPretrained(folder, { log: assert.fail });

/** Loss and gradients of the mean cross-entropy in eval mode. */
async function lossAndGradients(
  model: SequenceClassifier,
): Promise<{ loss: number; gradients: Map<Parameter, tf.Tensor> }> {
  const [batchSize, sequenceLength] = [rows.inputIds.length, rows.inputIds[0].length];
  const inputs = textInputs(
    {
      batchSize,
      sequenceLength,
      inputIds: rows.inputIds.flat(),
      attentionMask: rows.attentionMask.flat(),
      tokenTypeIds: rows.tokenTypeIds.flat(),
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

onEveryEngineAndWebgpu("BERT against PyTorch", () => {
  it("has the parameters of Python's BertForSequenceClassification, in their order", async () => {
    const model = await load();
    const found = model.namedParameters().map(([name, { shape }]) => [name, shape]);
    assert.deepEqual(found, expected.parameters);
    model.dispose();
  });

  it("gives the same hidden states after the embeddings and every block", async () => {
    const model = await load();
    const { logits, hiddenStates } = model.forward(rows, { outputHiddenStates: true });
    assert.equal(hiddenStates.length, expected.hidden.length);
    for (const [layer, state] of hiddenStates.entries()) {
      const actual = await state.array();
      rows.attentionMask.forEach((mask, row) => {
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
    model.dispose();
  });

  it("gives the same logits, whether the last block computes every row or the [CLS] rows alone", async () => {
    const model = await load();
    const short = model.forward(rows);
    const full = model.forward(rows, { outputHiddenStates: true });
    assertClose(await short.logits.data(), expected.logits.flat(), 1e-5);
    assertClose(await full.logits.data(), expected.logits.flat(), 1e-5);
    tf.dispose([short.logits, full.logits, ...full.hiddenStates]);
    model.dispose();
  });

  it("gives the same loss and the same gradient of every parameter", async () => {
    const model = await load();
    const { loss, gradients } = await lossAndGradients(model);
    assert.ok(Math.abs(loss - expected.loss) <= 1e-6, `loss ${loss}, PyTorch's is ${expected.loss}`);
    assert.equal(gradients.size, Object.keys(expected.gradients).length);
    for (const [{ name }, gradient] of gradients) {
      const { norm, first } = expected.gradients[name];
      const values = await gradient.data();
      // The key biases' gradients are zero but for rounding, in PyTorch's numbers as well: softmax does not see them.
      const tolerance = 1e-4 * norm + 1e-7;
      assert.ok(Math.abs(Math.hypot(...values) - norm) <= tolerance, `${name}: norm`);
      assert.ok(distance(values.slice(0, first.length), first) <= tolerance, `${name}: values`);
      gradient.dispose();
    }
    model.dispose();
  });

  it("gives the same logits after three AdamW steps with the embeddings and one block frozen", async () => {
    const before = tf.memory().numTensors;
    const model = await load();
    assert.deepEqual(topNLayerFreeze(model, 1), expected.frozen);
    const start = new Map<string, ArrayLike<number>>();
    for (const name of expected.frozen) start.set(name, (await model.parameter(name).value.data()).slice());
    const optimizer = new AdamW();
    for (let step = 0; step < 3; step++) {
      const { gradients } = await lossAndGradients(model);
      assert.equal(gradients.size, expected.parameters.length - expected.frozen.length);
      optimizer.step(gradients, () => ({ learningRate: 1e-3, weightDecay: 0.01 }));
      for (const gradient of gradients.values()) gradient.dispose();
    }
    const { logits } = model.forward(rows);
    assertClose(await logits.data(), expected.trained.flat(), 1e-4);
    for (const [name, values] of start) assert.deepEqual(await model.parameter(name).value.data(), values);
    logits.dispose();
    optimizer.dispose();
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("says how many tokens it takes when a text is longer", async () => {
    const model = await load();
    assert.throws(() => model.forward({ inputIds: [new Array(65).fill(7)] }), {
      name: "InputError",
      message:
        "inputIds: this model takes at most 64 tokens a text, row 0 has 65; tokenize with maxLength: 64",
    });
    model.dispose();
  });

  it("refuses ragged or empty inputs and says what it expected", async () => {
    const model = await load();
    assert.throws(() => model.forward({ inputIds: [[1, 2], [3]] }), {
      message: /inputIds: expected 2 rows of 2/,
    });
    assert.throws(() => model.forward({ inputIds: [] }), { message: /expected at least one token/ });
    assert.throws(() => model.forward({ inputIds: [[1, 2]], attentionMask: [[1]] }), {
      message: /attentionMask: expected 1 rows of 2/,
    });
    model.dispose();
  });

  it("freezes the embeddings and the first N blocks, exactly those", async () => {
    const model = await load();
    for (let n = 0; n <= model.depth; n++) {
      const names = topNLayerFreeze(model, n);
      const article = model
        .namedParameters()
        .map(([name]) => name)
        .filter(
          (name) =>
            name.includes(".embeddings") ||
            Array.from({ length: n }, (_, i) => `encoder.layer.${i}.`).some((block) => name.includes(block)),
        );
      assert.deepEqual(names, article);
    }
    model.dispose();
  });
});
