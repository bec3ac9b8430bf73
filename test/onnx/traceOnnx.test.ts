import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { useEngine } from "../../src/engine/useEngine";
import type { CustomHead } from "../../src/models/Head";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import type { TextInputs } from "../../src/models/textInputs";
import { add } from "../../src/nn/elementwise";
import { embedding } from "../../src/nn/embedding";
import type { Pass, Value } from "../../src/nn/Pass";
import { traceOnnx } from "../../src/onnx/traceOnnx";
import { addLora, mergeLora } from "../../src/recipes/addLora";
import { tinyBert } from "../training/toyData";

type Forward = (pass: Pass, inputs: TextInputs, x: Value) => Value;

describe("traceOnnx", () => {
  let model: SequenceClassifier;
  before(async () => {
    await useEngine("cpu");
    model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
  });
  after(() => model.dispose());

  /** The model with another operation after the embeddings. */
  const withOp = (op: Forward): SequenceClassifier =>
    Object.create(model, {
      stages: {
        value: model.stages.map((stage, i) =>
          i > 0
            ? stage
            : {
                ...stage,
                forward: (pass: Pass, inputs: TextInputs) =>
                  op(pass, inputs, stage.forward(pass, inputs, null)),
              },
        ),
      },
    });

  const refuses = async (changed: SequenceClassifier, why: string) => {
    const before = tf.memory().numTensors;
    await assert.rejects(traceOnnx(changed), {
      name: "InputError",
      message: `bert cannot be exported to ONNX: ${why}`,
    });
    assert.equal(tf.memory().numTensors, before);
  };

  it("writes every parameter down once, under its checkpoint's name", async () => {
    const { graph } = await traceOnnx(model);
    assert.deepEqual(
      [...graph.parameters.keys()].sort(),
      model
        .namedParameters()
        .map(([name]) => name)
        .sort(),
    );
    assert.deepEqual([...graph.inputs.keys()].sort(), ["attention_mask", "input_ids", "token_type_ids"]);
  });

  it("names nodes after their stage, and each output once", async () => {
    const { graph, logits } = await traceOnnx(model);
    const outputs = graph.nodes.map(({ output }) => output);
    assert.equal(new Set(outputs).size, outputs.length);
    assert.equal(logits, outputs.at(-1));
    assert.match(logits, /^head\/Gemm_\d+$/);
    const scopes = new Set(outputs.map((name) => name.split("/")[0]));
    assert.deepEqual([...scopes].sort(), [
      "embeddings",
      "encoder.layer.0",
      "encoder.layer.1",
      "encoder.layer.2",
      "head",
      "inputs",
    ]);
  });

  it("uses what was made before it: a graph in which every node comes after those it reads", async () => {
    const { graph } = await traceOnnx(model);
    const known = new Set([...graph.inputs.keys(), ...graph.parameters.keys(), ...graph.constants.keys()]);
    for (const { inputs, output } of graph.nodes) {
      for (const name of inputs) assert.ok(known.has(name), `${output} reads ${name}`);
      known.add(output);
    }
  });

  it("leaves out inputs that the family does not read", async () => {
    const [, , types] = model.stages[0].parameters;
    assert.match(types.name, /token_type/);
    const { graph } = await traceOnnx(
      Object.create(model, {
        stages: {
          value: [
            {
              ...model.stages[0],
              forward: (pass: Pass, inputs: TextInputs) =>
                embedding(pass, inputs.inputIds, model.stages[0].parameters[0]),
            },
            ...model.stages.slice(1),
          ],
        },
      }),
    );
    assert.deepEqual([...graph.inputs.keys()].sort(), ["attention_mask", "input_ids"]);
  });

  it("refuses adapters beside their weights, and takes them once they are merged", async () => {
    const adapted = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    const [first] = addLora(adapted);
    await assert.rejects(traceOnnx(adapted), {
      name: "InputError",
      message: `ONNX export: expected adapters that are merged, got ${first} beside its weight; mergeLora(model) first`,
    });
    mergeLora(adapted);
    const { graph } = await traceOnnx(adapted);
    const names = model.namedParameters().map(([name]) => name);
    assert.deepEqual([...graph.parameters.keys()].sort(), names.sort());
    adapted.dispose();
  });

  it("refuses a head of tfjs ops and says which heads there are instead", async () => {
    const head: CustomHead = {
      parameters: ({ hidden, numLabels }) => ({ weight: [hidden, numLabels] }),
      forward: ([last], { weight }) => tf.matMul(tf.mean(last, 1), weight),
    };
    const custom = await Auto.fromPretrained(tinyBert, { head, log: () => {} });
    await assert.rejects(traceOnnx(custom), {
      name: "InputError",
      message:
        "ONNX export: expected a head of the kit's parts, got one of tfjs ops, which have no ONNX form; load the model with the option head: { pooling } of cls, mean, max, meanMax, attention, firstRows, gru, lstm, or without one, and fine-tune that",
    });
    custom.dispose();
  });

  it("refuses an operation without an ONNX form, and says in which stage it is", () =>
    refuses(
      withOp((pass, _, x) =>
        pass.record({ output: tf.neg(x.tensor), inputs: { x }, backward: (dy) => ({ x: tf.neg(dy) }) }),
      ),
      "embeddings has an operation without an ONNX form",
    ));

  it("refuses a tensor that a stage makes of its inputs behind the graph's back", async () => {
    await refuses(
      withOp((pass, inputs, x) => {
        const shifted = tf.add(inputs.positionIds, tf.scalar(1, "int32")) as tf.Tensor1D;
        return add(pass, x, embedding(pass, shifted, model.stages[0].parameters[1]));
      }),
      "embeddings reads a tensor that is made of its inputs in a way without an ONNX form",
    );
    await refuses(
      withOp((pass, _, x) => add(pass, x, { tensor: x.tensor, tracked: false })),
      "embeddings reads a value that was made without an ONNX form",
    );
  });

  it("refuses a graph in which the size of the batch it was made from shows", () =>
    refuses(
      withOp((pass, { sequenceLength }, x) =>
        pass.record({
          op: "slice",
          settings: { axis: 1, start: 0, end: sequenceLength },
          output: x.tensor.clone(),
          inputs: { x },
          backward: (dy) => ({ x: dy.clone() }),
        }),
      ),
      "its operations depend on the size of the batch",
    ));
});
