import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { MASKED, textInputs } from "../../src/models/textInputs";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

const batch = {
  batchSize: 2,
  sequenceLength: 3,
  inputIds: [2, 7, 3, 2, 3, 0],
  attentionMask: [1, 1, 1, 1, 1, 0],
};

onEveryEngine("textInputs", () => {
  it("makes each tensor where it is first read, once, and frees what was made", () => {
    const before = tf.memory().numTensors;
    const inputs = textInputs(batch);
    assert.equal(tf.memory().numTensors, before);
    // As within a stage: what is read there outlives it.
    const mask = tf.tidy(() => {
      inputs.mask;
      return inputs.mask.clone();
    });
    assertClose(mask, [0, 0, 0, 0, 0, MASKED], 0);
    mask.dispose();
    assert.equal(tf.memory().numTensors, before + 1);
    assert.equal(inputs.inputIds, inputs.inputIds);
    assert.equal(tf.memory().numTensors, before + 2);
    inputs.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("counts positions in each text, and takes all for a first text unless told otherwise", () => {
    const inputs = textInputs(batch);
    assertClose(inputs.positionIds, [0, 1, 2, 0, 1, 2], 0);
    assertClose(inputs.tokenTypeIds, [0, 0, 0, 0, 0, 0], 0);
    assertClose(inputs.inputIds, batch.inputIds, 0);
    inputs.dispose();
    const paired = textInputs({ ...batch, tokenTypeIds: [0, 1, 1, 0, 0, 0] });
    assertClose(paired.tokenTypeIds, [0, 1, 1, 0, 0, 0], 0);
    paired.dispose();
  });

  it("refuses ids and mask values that are not as many as the batch has tokens", () => {
    assert.throws(() => textInputs({ ...batch, inputIds: [1, 2] }), {
      message: "a batch of 2 x 3 tokens needs 6 ids and mask values, got 2 and 6",
    });
  });
});
