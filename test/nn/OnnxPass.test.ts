import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { add, dropout, tanh } from "../../src/nn/elementwise";
import { OnnxPass } from "../../src/nn/OnnxPass";
import { Parameter } from "../../src/nn/Parameter";
import { Pass, Value } from "../../src/nn/Pass";

describe("OnnxPass", () => {
  before(() => useEngine("cpu"));

  /** Runs something with a pass, a parameter `weight` and an input that the graph calls `x`. */
  function withPass(run: (pass: OnnxPass, weight: Parameter, x: tf.Tensor1D) => void): void {
    const weight = new Parameter("weight", tf.tensor1d([1, 2]));
    tf.tidy(() => {
      const pass = new OnnxPass();
      const x = tf.tensor1d([3, 4]);
      pass.graph.give(x, () => pass.graph.input("x"));
      run(pass, weight, x);
    });
    weight.dispose();
  }

  it("computes as any pass does, and writes down what it did", () =>
    withPass((pass, _, x) => {
      const y = pass.scope("block", () => {
        const input = pass.input(x);
        return tanh(pass, add(pass, input, input));
      });
      assert.deepEqual([...y.tensor.dataSync()], [...tf.tanh([6, 8]).dataSync()]);
      assert.deepEqual(pass.graph.nodes, [
        { type: "Add", inputs: ["x", "x"], output: "block/Add_0", attributes: {} },
        { type: "Tanh", inputs: ["block/Add_0"], output: "block/Tanh_1", attributes: {} },
      ]);
      assert.equal(pass.nameOf(y), "block/Tanh_1");
    }));

  it("calls parameters by their own names, each listed once", () =>
    withPass((pass, weight) => {
      assert.equal(pass.nameOf(weight), "weight");
      assert.equal(pass.nameOf(weight), "weight");
      assert.deepEqual([...pass.graph.parameters], [["weight", weight]]);
    }));

  it("takes what a stage makes of its inputs with the form that the stage gives", () =>
    withPass((pass, _, x) => {
      const shifted = tf.add(x, 1);
      assert.equal(
        new Pass().derived(shifted, () => assert.fail()),
        shifted,
      );
      const derived = pass.derived(shifted, (graph) => graph.op("Add", [graph.given(x), graph.float(1)]));
      assert.equal(derived, shifted);
      assert.deepEqual(pass.graph.nodes, []);
      const y = pass.scope("block", () => tanh(pass, pass.input(derived)));
      assert.equal(pass.nameOf(y), "block/Tanh_1");
      assert.deepEqual(pass.graph.nodes[0], {
        type: "Add",
        inputs: ["x", pass.graph.float(1)],
        output: "inputs/Add_0",
        attributes: {},
      });
    }));

  it("does not train: dropout leaves no trace, and nothing is saved for a way back", () =>
    withPass((pass, _, x) => {
      const input = pass.input(x);
      assert.equal(dropout(pass, input, 0.5), input);
      const before = tf.memory().numTensors;
      const y = add(pass, input, input);
      assert.equal(tf.memory().numTensors, before + 1);
      assert.ok(!y.tracked);
    }));

  it("refuses an operation without a form, a tensor it was not given and a value made elsewhere", () =>
    withPass((pass, weight, x) => {
      const input = pass.scope("block", () => pass.input(x));
      const refuses = (run: () => void, message: string) =>
        assert.throws(run, { name: "InputError", message });
      refuses(
        () =>
          pass.record(
            tf.neg(x),
            [input, weight],
            () => [],
            () => [],
          ),
        "block has an operation without an ONNX form",
      );
      refuses(
        () => pass.input(tf.neg(x)),
        "block reads a tensor that is made of its inputs in a way without an ONNX form",
      );
      refuses(
        () => add(pass, input, new Value(x, false)),
        "block reads a value that was made without an ONNX form",
      );
    }));
});
