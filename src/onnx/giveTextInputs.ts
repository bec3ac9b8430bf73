import type * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { MASKED, type TextBatch, type TextInputs } from "../models/textInputs";
import type { OnnxGraph } from "../ops/OnnxGraph";

/**
 * Says how each tensor of `textInputs` follows from what Transformers' tokenizers give: `input_ids`, `attention_mask` and
 * `token_type_ids`. Each form is compared with the tensor itself: where they differ, reading the tensor is an error, so that nothing is
 * exported wrongly.
 */
export async function giveTextInputs(graph: OnnxGraph, inputs: TextInputs, batch: TextBatch): Promise<void> {
  const { batchSize, sequenceLength } = batch;
  const give = async (
    name: "inputIds" | "tokenTypeIds" | "positionIds" | "mask",
    expected: ArrayLike<number>,
    form: () => string,
  ) => {
    const tensor: tf.Tensor = inputs[name];
    const actual = await tensor.data();
    const asExpected = actual.every((value, i) => value === expected[i]);
    graph.give(tensor, () => {
      if (!asExpected)
        throw new InputError(`its ${name} are made of the inputs in a way without an ONNX form`);
      return form();
    });
  };

  const flat = (name: string) => graph.op("Reshape", [graph.input(name), graph.ints(-1)]);
  graph.give("batchSize", () => graph.size(graph.input("input_ids"), 0));
  graph.give("sequenceLength", () => graph.size(graph.input("input_ids"), 1));

  await give("inputIds", batch.inputIds, () => flat("input_ids"));
  const types = batch.tokenTypeIds ?? new Int32Array(batchSize * sequenceLength);
  await give("tokenTypeIds", types, () => flat("token_type_ids"));

  const positions = Int32Array.from({ length: batchSize * sequenceLength }, (_, i) => i % sequenceLength);
  await give("positionIds", positions, () => {
    const row = graph.count(graph.given("sequenceLength"));
    const rows = graph.op("Expand", [row, graph.shape("batchSize", "sequenceLength")]);
    return graph.op("Reshape", [rows, graph.ints(-1)]);
  });

  const mask = Float32Array.from(batch.attentionMask, (seen) => (seen ? 0 : MASKED));
  await give("mask", mask, () => {
    const seen = graph.op("Cast", [graph.input("attention_mask")], { to: { int: 1 } });
    const unseen = graph.op("Sub", [graph.float(1), seen]);
    return graph.op("Unsqueeze", [graph.op("Mul", [unseen, graph.float(MASKED)]), graph.ints(1, 2)]);
  });
}
