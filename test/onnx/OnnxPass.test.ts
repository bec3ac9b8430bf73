import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { activate } from "../../src/nn/activate";
import { activation } from "../../src/nn/activation";
import { add, dropout } from "../../src/nn/elementwise";
import { Parameter } from "../../src/nn/Parameter";
import { Pass, Value } from "../../src/nn/Pass";
import { OnnxPass } from "../../src/onnx/OnnxPass";

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
        return activate(pass, add(pass, input, input), activation("tanh"));
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
      const first = tf.slice(x, 0, 1);
      const described = {
        op: "slice",
        settings: { axis: 0, start: 0, end: 1 },
        output: first,
        inputs: { x },
      } as const;
      assert.equal(new Pass().derived(described), first);
      const derived = pass.derived(described);
      assert.equal(derived, first);
      assert.deepEqual(pass.graph.nodes, []);
      const y = pass.scope("block", () => activate(pass, pass.input(derived), activation("tanh")));
      assert.equal(pass.nameOf(y), "block/Tanh_1");
      assert.deepEqual(pass.graph.nodes[0], {
        type: "Slice",
        inputs: ["x", ...[0, 1, 0].map((value) => pass.graph.ints(value))],
        output: "inputs/Slice_0",
        attributes: {},
      });
    }));

  it("does not train: dropout leaves no trace, and nothing is saved for backward", () =>
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
        () => pass.record({ output: tf.neg(x), inputs: { input, weight } }),
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
