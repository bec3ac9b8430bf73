import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { type TextInputs, textInputs } from "../../src/models/textInputs";
import { giveTextInputs } from "../../src/onnx/giveTextInputs";
import { OnnxGraph } from "../../src/ops/OnnxGraph";

describe("giveTextInputs", () => {
  const batch = { batchSize: 1, sequenceLength: 3, inputIds: [5, 6, 7], attentionMask: [1, 1, 0] };
  let inputs: TextInputs;
  before(async () => {
    await useEngine("cpu");
    inputs = textInputs(batch);
  });
  after(() => inputs.dispose());

  it("adds nodes for what is read, when it is first read", async () => {
    const graph = new OnnxGraph();
    await giveTextInputs(graph, inputs, batch);
    assert.equal(graph.nodes.length, 0);
    const ids = graph.given(inputs.inputIds);
    assert.deepEqual(
      graph.nodes.map(({ type }) => type),
      ["Reshape"],
    );
    assert.equal(graph.given(inputs.inputIds), ids);
    assert.equal(graph.nodes.length, 1);
    assert.deepEqual([...graph.inputs.keys()], ["input_ids"]);
  });

  for (const name of ["inputIds", "tokenTypeIds", "positionIds", "mask"] as const)
    it(`refuses ${name} that are made otherwise, as another family may make them, where they are read`, async () => {
      const other = tf.tidy(() => tf.keep(tf.add(inputs[name], tf.scalar(1, inputs[name].dtype))));
      const graph = new OnnxGraph();
      await giveTextInputs(graph, { ...inputs, [name]: other }, batch);
      for (const same of ["inputIds", "tokenTypeIds", "positionIds", "mask"] as const)
        if (same !== name) graph.given(inputs[same]);
      assert.throws(() => graph.given(other), {
        name: "InputError",
        message: `its ${name} are made of the inputs in a way without an ONNX form`,
      });
      other.dispose();
    });
});
