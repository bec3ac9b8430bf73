import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { Parameter } from "../../src/nn/Parameter";
import { writeOnnx } from "../../src/onnx/writeOnnx";
import { OnnxGraph } from "../../src/ops/OnnxGraph";
import { makeFolder } from "../checkpoint/madeByHand";
import { openSession, runRows } from "./onnxRuntime";

describe("writeOnnx", () => {
  before(() => useEngine("cpu"));

  it("writes nodes, constants of both types, attributes of all kinds and weights so that ONNX Runtime computes with them", async () => {
    const table = new Parameter("table", tf.tensor2d([1, 2, 3, 10, 20, 30], [2, 3]));
    const graph = new OnnxGraph();
    const ids = graph.op("Reshape", [graph.input("input_ids"), graph.ints(-1)]);
    const rows = graph.op("Gather", [graph.parameter(table), ids], { axis: { int: 0 } });
    const leaky = graph.op("LeakyRelu", [graph.op("Neg", [rows])], { alpha: { float: 0.5 } });
    const turned = graph.op("Transpose", [leaky], { perm: { ints: [1, 0] } });
    const logits = graph.op("Transpose", [graph.op("Mul", [turned, graph.float(0.25)])]);
    const path = join(makeFolder(), "model.onnx");
    await writeOnnx(path, path, { graph, logits }, 3);
    const session = await openSession(path);
    const { dims, data } = await runRows(session, { inputIds: [[1], [0]] });
    assert.deepEqual(dims, [2, 3]);
    assert.deepEqual([...data], [-1.25, -2.5, -3.75, -0.125, -0.25, -0.375]);
    await session.release();
    table.dispose();
  });

  it("gives the same bytes for the same model", async () => {
    const weight = new Parameter("weight", tf.tensor1d([1, 2]));
    const make = async () => {
      const graph = new OnnxGraph();
      const logits = graph.op("Add", [graph.parameter(weight), graph.float(1)]);
      const path = join(makeFolder(), "model.onnx");
      await writeOnnx(path, path, { graph, logits }, 2);
      return readFileSync(path);
    };
    assert.deepEqual(await make(), await make());
    weight.dispose();
  });

  it("refuses a model above protobuf's 2 GB before it writes anything", async () => {
    const graph = new OnnxGraph();
    const shape = [250_000, 4096];
    const large = { name: "large", shape, size: shape[0] * shape[1] } as Parameter;
    const logits = graph.op("Identity", [graph.parameter(large)]);
    const path = join(makeFolder(), "model.onnx");
    await assert.rejects(writeOnnx(path, "runs/large/onnx/model.onnx", { graph, logits }, 2), {
      name: "InputError",
      message:
        "runs/large/onnx/model.onnx: would take 4.1 GB, and an ONNX file can have 2.1 GB: export a smaller model",
    });
    assert.ok(!existsSync(path));
  });
});
