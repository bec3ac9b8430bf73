import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { Pretrained } from "../../src/sweep/Pretrained";
import { isOpen, skipWithoutProc } from "../checkpoint/openFiles";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyBertWith } from "../training/toyData";

const parametersOf = (model: Classifier) => model.namedParameters().map(([, parameter]) => parameter);

/** Doubles all that is trainable. */
function train(model: Classifier): void {
  for (const parameter of parametersOf(model))
    if (parameter.requiresGrad) parameter.assign(tf.tidy(() => tf.mul(parameter.value, 2)));
}

const weightsOf = async (model: Classifier) =>
  Promise.all(parametersOf(model).map(async (parameter) => (await parameter.data()).slice()));

onEveryFastEngine("Pretrained", () => {
  it("puts back what trials change, flags too, and what nobody had read is unread again", async () => {
    const model = await loadTiny();
    const weights = await weightsOf(model);
    const stamps = parametersOf(model).map(({ stamp }) => stamp);
    const tensors = tf.memory().numTensors;
    const pretrained = new Pretrained(model);
    for (const n of [1, -1, 2]) {
      if (n >= 0) topNLayerFreeze(model, n);
      await pretrained.hold();
      assert.equal(tf.memory().numTensors, tensors);
      train(model);
      assert.ok(tf.memory().numTensors > tensors);
      pretrained.restoreWeights();
      pretrained.restoreFlags();
      assert.equal(tf.memory().numTensors, tensors);
      assert.deepEqual(
        parametersOf(model).map(({ stamp }) => stamp),
        stamps,
      );
      assert.deepEqual(await weightsOf(model), weights);
      assert.ok(parametersOf(model).every(({ requiresGrad }) => requiresGrad));
    }
    pretrained.dispose();
    model.dispose();
  });

  it("puts back what had been read from copies outside the engine", async () => {
    const model = await loadTiny();
    const word = model.parameter("bert.embeddings.word_embeddings.weight");
    const values = (await word.value.data()).slice();
    const tensors = tf.memory().numTensors;
    const pretrained = new Pretrained(model);
    await pretrained.hold();
    assert.equal(tf.memory().numTensors, tensors);
    train(model);
    pretrained.restoreWeights();
    assert.equal(word.stored, null);
    assert.deepEqual(await word.value.data(), values);
    assert.equal(tf.memory().numTensors, tensors);
    pretrained.dispose();
    model.dispose();
  });

  it("makes unread again also what a trial has read and not changed", async () => {
    const model = await loadTiny();
    const pretrained = new Pretrained(model);
    await pretrained.hold();
    const word = model.parameter("bert.embeddings.word_embeddings.weight");
    word.value;
    pretrained.restoreWeights();
    assert.notEqual(word.stored, null);
    pretrained.dispose();
    model.dispose();
  });

  it("lets go of the file in the end", { skip: skipWithoutProc }, async () => {
    const folder = tinyBertWith({});
    const model = await loadTiny(folder);
    const pretrained = new Pretrained(model);
    await pretrained.hold();
    model.dispose();
    assert.equal(isOpen(folder), true);
    pretrained.dispose();
    assert.equal(isOpen(folder), false);
  });
});
