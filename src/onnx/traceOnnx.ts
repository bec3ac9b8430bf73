import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { ImageClassifier } from "../models/ImageClassifier";
import { ownImages } from "../models/imageInputs";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import { runStages } from "../nn/runStages";
import type { Stage, StageInputs } from "../nn/Stage";
import type { OnnxGraph } from "../ops/OnnxGraph";
import { POOLINGS } from "../options/words";
import { giveTextInputs } from "./giveTextInputs";
import { OnnxPass } from "./OnnxPass";

/** A model's forward in eval mode as an ONNX graph, and the name of its logits in it. */
export interface TracedModel {
  graph: OnnxGraph;
  logits: string;
}

/**
 * Runs the model's own stages on a handful of tokens or pixels and writes down what they do. Sizes are not to end up in the graph:
 * it is made twice, from batches of other sizes, and both have to be the same.
 *
 * @throws InputError when an operation of the model has no ONNX form, as those of a `CustomHead`, or when its adapters are not merged
 */
export async function traceOnnx(model: SequenceClassifier | ImageClassifier): Promise<TracedModel> {
  const head = model.config.frostkit_head as { custom?: string } | undefined;
  if (head?.custom !== undefined)
    throw new InputError(
      `ONNX export: expected a head of the kit's parts, got one of tfjs ops, which have no ONNX form; load the model with the option head: { pooling } of ${POOLINGS.join(", ")}, or without one, and fine-tune that`,
    );
  const apart = model.adapters().find(({ lora }) => !lora.merged);
  if (apart)
    throw new InputError(
      `ONNX export: expected adapters that are merged, got ${apart.lora.a.name} beside its weight; mergeLora(model) first`,
    );
  try {
    const [traced, again] =
      model instanceof ImageClassifier
        ? [traceImages(model, [2, 33, 40]), traceImages(model, [3, 48, 37])]
        : [await traceTexts(model, [2, 3]), await traceTexts(model, [3, 5])];
    if (textOf(traced) !== textOf(again))
      throw new InputError("its operations depend on the size of the batch");
    return traced;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${model.modelType} cannot be exported to ONNX: ${error.message}`);
  }
}

async function traceTexts(
  model: SequenceClassifier,
  [batchSize, sequenceLength]: [number, number],
): Promise<TracedModel> {
  const size = batchSize * sequenceLength;
  const inputIds = Int32Array.from({ length: size }, (_, i) => i % 4);
  // The last row is one token shorter than the others.
  const attentionMask = Int32Array.from({ length: size }, (_, i) => (i === size - 1 ? 0 : 1));
  const batch = { batchSize, sequenceLength, inputIds, attentionMask };
  const inputs = model.inputsOf(batch);
  const pass = new OnnxPass();
  await giveTextInputs(pass.graph, inputs, batch);
  return trace(pass, model.stages, inputs);
}

function traceImages(
  { stages }: ImageClassifier,
  [batchSize, height, width]: [number, number, number],
): TracedModel {
  const inputs = ownImages(tf.zeros([batchSize, height, width, 3]));
  const pass = new OnnxPass();
  pass.graph.give(inputs.pixelValues, () =>
    pass.graph.input("pixel_values", { type: "float32", shape: ["batch_size", 3, "height", "width"] }),
  );
  return trace(pass, stages, inputs);
}

function trace<Inputs extends StageInputs>(
  pass: OnnxPass,
  stages: readonly Stage<Inputs>[],
  inputs: Inputs,
): TracedModel {
  const output = runStages(pass, stages, inputs);
  output.tensor.dispose();
  return { graph: pass.graph, logits: pass.nameOf(output) };
}

const textOf = ({ graph, logits }: TracedModel): string =>
  JSON.stringify([graph.nodes, [...graph.constants], [...graph.parameters.keys()], logits]);
