import { InputError } from "../errors";
import { MASKED, type TextBatch, type TextInputs } from "../models/textInputs";
import type { OnnxGraph } from "../nn/OnnxGraph";

/**
 * Says how each tensor of `textInputs` follows from what Transformers' tokenizers give: `input_ids`, `attention_mask` and
 * `token_type_ids`. Each is compared with what was made of the batch, so that inputs that are made otherwise are refused rather
 * than exported wrongly.
 */
export async function giveTextInputs(graph: OnnxGraph, inputs: TextInputs, batch: TextBatch): Promise<void> {
  const { batchSize, sequenceLength } = batch;
  const flat = (name: string) => graph.op("Reshape", [graph.input(name), graph.ints(-1)]);
  const sizes = () => graph.op("Shape", [graph.input("input_ids")]);
  const size = (axis: number) => graph.op("Gather", [sizes(), graph.ints(axis)]);
  graph.give("batchSize", () => size(0));

  await check("inputIds", inputs.inputIds, batch.inputIds);
  graph.give(inputs.inputIds, () => flat("input_ids"));

  await check("tokenTypeIds", inputs.tokenTypeIds, new Int32Array(batchSize * sequenceLength));
  graph.give(inputs.tokenTypeIds, () => flat("token_type_ids"));

  await check(
    "positionIds",
    inputs.positionIds,
    Int32Array.from({ length: batchSize * sequenceLength }, (_, i) => i % sequenceLength),
  );
  graph.give(inputs.positionIds, () => {
    const length = graph.op("Squeeze", [size(1)]);
    const row = graph.op("Range", [graph.int(0), length, graph.int(1)]);
    return graph.op("Reshape", [graph.op("Expand", [row, sizes()]), graph.ints(-1)]);
  });

  await check(
    "mask",
    inputs.mask,
    Float32Array.from(batch.attentionMask, (seen) => (seen ? 0 : MASKED)),
  );
  graph.give(inputs.mask, () => {
    const seen = graph.op("Cast", [graph.input("attention_mask")], { to: { int: 1 } });
    const unseen = graph.op("Sub", [graph.float(1), seen]);
    return graph.op("Unsqueeze", [graph.op("Mul", [unseen, graph.float(MASKED)]), graph.ints(1, 2)]);
  });
}

async function check(
  name: string,
  tensor: { data(): Promise<ArrayLike<number>> },
  expected: ArrayLike<number>,
): Promise<void> {
  const actual = await tensor.data();
  for (let i = 0; i < expected.length; i++)
    if (actual[i] !== expected[i])
      throw new InputError(`its ${name} are made of the inputs in a way without an ONNX form`);
}
