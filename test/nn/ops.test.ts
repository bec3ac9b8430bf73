import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { activate } from "../../src/nn/activate";
import { activation } from "../../src/nn/activation";
import { attention } from "../../src/nn/attention";
import { add, dropout } from "../../src/nn/elementwise";
import { embedding } from "../../src/nn/embedding";
import { firstRows } from "../../src/nn/firstRows";
import { layerNorm } from "../../src/nn/layerNorm";
import { linear } from "../../src/nn/linear";
import { sigmoidCrossEntropy, softmaxCrossEntropy, squaredError } from "../../src/nn/loss";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

const dense = (from: number, to: number) => ({
  weight: drawn("weight", [to, from]),
  bias: drawn("bias", [to]),
});

const dispose = (...parameters: Parameter[]) => {
  for (const parameter of parameters) parameter.dispose();
};

onEveryEngine("ops", () => {
  it("linear multiplies by the transposed weight and adds the bias, as in PyTorch", () => {
    const x = new Parameter("x", tf.tensor2d([1, 2, 3, 4], [2, 2]));
    const weight = new Parameter("weight", tf.tensor2d([1, 0, 0, 1, 1, -1], [3, 2]));
    const bias = new Parameter("bias", tf.tensor1d([0, 10, 100]));
    tf.tidy(() => {
      const y = linear(new Pass(), new Pass().input(x.value), { weight, bias });
      assertClose(y.tensor, [1, 12, 99, 3, 14, 99], 0);
    });
    for (const parameter of [x, weight, bias]) parameter.dispose();
  });

  it("linear passes back gradients of its input, weight and bias", () => {
    const layer = dense(3, 2);
    const x = drawn("x", [4, 3]);
    const parameters = [layer.weight, layer.bias];
    checkGradients([x], (pass, x) => linear(pass, x, layer), { parameters });
    dispose(x, ...parameters);
  });

  for (const name of ["gelu", "gelu_new", "relu", "silu"])
    it(`linear passes back gradients through an activation in front of it: ${name}`, () => {
      const layer = dense(3, 2);
      const u = drawn("u", [5, 3]);
      const parameters = [layer.weight, layer.bias];
      checkGradients([u], (pass, u) => linear(pass, u, layer, activation(name)), { parameters });
      dispose(u, ...parameters);
    });

  for (const name of ["gelu", "relu"])
    it(`activate applies ${name} and passes back its gradient`, () => {
      const x = drawn("x", [5, 3]);
      tf.tidy(() => {
        const { tensor } = activate(new Pass(), new Pass().input(x.value), activation(name));
        assertClose(tensor, activation(name).forward(x.value), 0);
      });
      checkGradients([x], (pass, x) => activate(pass, x, activation(name)));
      dispose(x);
    });

  it("activation names what it knows when it is asked for something else", () => {
    assert.throws(() => activation("gelu2", "activation"), {
      message: /^activation: expected one of gelu, /,
    });
    assert.throws(() => activation("gelu2"), { message: /^activation: expected one of gelu, .*got gelu2/ });
  });

  it("layerNorm gives rows of mean 0 and variance 1 before weight and bias", () => {
    const x = drawn("x", [6, 8], 3);
    const weight = new Parameter("weight", tf.ones([8]));
    const bias = new Parameter("bias", tf.zeros([8]));
    tf.tidy(() => {
      const y = layerNorm(new Pass(), new Pass().input(x.value), { weight, bias, eps: 1e-12 }).tensor;
      assertClose(tf.mean(y, 1), new Float32Array(6), 1e-5);
      assertClose(tf.mean(tf.square(y), 1), new Float32Array(6).fill(1), 1e-5);
    });
    for (const parameter of [x, weight, bias]) parameter.dispose();
  });

  it("layerNorm passes back gradients of its input, weight and bias", () => {
    const norm = { weight: drawn("weight", [5]), bias: drawn("bias", [5]), eps: 1e-12 };
    const x = drawn("x", [3, 5], 2);
    const parameters = [norm.weight, norm.bias];
    checkGradients([x], (pass, x) => layerNorm(pass, x, norm), { parameters });
    dispose(x, ...parameters);
  });

  it("attention gives each query the mean of the values, weighed by its softmaxed scores, and none to masked keys", () => {
    const [batchSize, heads] = [1, 1];
    tf.tidy(() => {
      const pass = new Pass();
      const q = pass.input(tf.tensor2d([1, 0], [1, 2]));
      const k = pass.input(tf.tensor2d([Math.SQRT2 * Math.log(3), 5, 0, 7, 9, 9], [3, 2]));
      const v = pass.input(tf.tensor2d([4, 8, 0, 4, 1000, 1000], [3, 2]));
      const mask = tf.tensor4d([0, 0, -1e9], [1, 1, 1, 3]);
      const y = attention(pass, q, k, v, { batchSize, heads, mask, dropout: 0.5 });
      assertClose(y.tensor, [0.75 * 4, 0.75 * 8 + 0.25 * 4], 1e-5);
    });
  });

  for (const dropoutRate of [0, 0.4])
    it(`attention passes back gradients of query, key and value, with dropout ${dropoutRate}`, () => {
      const sources = ["query", "key", "value"].map((name) => drawn(name, [2 * 3, 4]));
      const mask = tf.tensor4d([0, 0, 0, 0, 0, -1e9], [2, 1, 1, 3]);
      checkGradients(sources, (pass, query, key, value) =>
        attention(pass, query, key, value, { batchSize: 2, heads: 2, mask, dropout: dropoutRate }),
      );
      dispose(...sources);
      mask.dispose();
    });

  it("attention takes fewer queries than keys, as the [CLS] row of a last block", () => {
    const sources = [drawn("query", [2, 4]), drawn("key", [2 * 3, 4]), drawn("value", [2 * 3, 4])];
    const mask = tf.zeros([2, 1, 1, 3]);
    checkGradients(sources, (pass, query, key, value) =>
      attention(pass, query, key, value, { batchSize: 2, heads: 2, mask, dropout: 0 }),
    );
    dispose(...sources);
    mask.dispose();
  });

  it("add, activate and dropout pass back gradients, a value used twice both of its parts", () => {
    const sources = [drawn("a", [3, 4]), drawn("b", [3, 4])];
    checkGradients(sources, (pass, a, b) => add(pass, add(pass, a, b), a));
    checkGradients(sources, (pass, a, b) => add(pass, activate(pass, a, activation("tanh")), b));
    checkGradients(sources, (pass, a, b) => add(pass, dropout(pass, a, 0.3), b));
    dispose(...sources);
  });

  it("dropout leaves a pass that does not train alone", () => {
    tf.tidy(() => {
      const pass = new Pass();
      const x = pass.input(tf.ones([4]));
      assert.equal(dropout(pass, x, 0.5), x);
    });
  });

  it("embedding looks up rows and adds their gradients up in the table", () => {
    const table = drawn("table", [4, 3]);
    const ids = tf.tensor1d([2, 0, 2], "int32");
    const pass = new Pass({ recording: true });
    const y = pass.scope("lookup", () => embedding(pass, ids, table));
    assertClose(
      y.tensor,
      tf.tidy(() => tf.gather(table.value, [2, 0, 2])),
      0,
    );
    const sum = pass.record({
      output: tf.sum(y.tensor),
      inputs: { y },
      backward: () => ({ y: tf.tensor2d([1, 2, 3, 10, 20, 30, 100, 200, 300], [3, 3]) }),
    });
    const gradient = pass.backward(sum).get(table)!;
    assertClose(gradient, [10, 20, 30, 0, 0, 0, 101, 202, 303, 0, 0, 0], 0);
    tf.dispose([y.tensor, sum.tensor, gradient, ids]);
    table.dispose();
  });

  it("firstRows takes the first of each run of rows", () => {
    const x = drawn("x", [2 * 3, 2]);
    tf.tidy(() => {
      const rows = firstRows(new Pass(), new Pass().input(x.value), 2);
      assertClose(rows.tensor, tf.gather(x.value, [0, 3]), 0);
    });
    checkGradients([x], (pass, x) => firstRows(pass, x, 2));
    dispose(x);
  });

  it("softmaxCrossEntropy passes back gradients for weighed and smoothed targets", () => {
    const logits = drawn("logits", [3, 4]);
    const target = tf.tensor2d([0, 0.5, 0, 0, 0.1, 0.1, 0.1, 0.3, 0, 0, 0, 1], [3, 4]);
    checkGradients([logits], (pass, x) => softmaxCrossEntropy(pass, x, target));
    dispose(logits);
    target.dispose();
  });

  it("sigmoidCrossEntropy passes back gradients and does not overflow", () => {
    const logits = drawn("logits", [3, 2]);
    const target = tf.tensor2d([0, 1, 1, 0, 0.5, 1], [3, 2]);
    const weight = tf.tensor2d([1, 2, 0, 1, 1, 0.5], [3, 2]);
    checkGradients([logits], (pass, x) => sigmoidCrossEntropy(pass, x, target, weight));
    dispose(logits);
    tf.tidy(() => {
      const pass = new Pass();
      const far = pass.input(tf.tensor2d([200, -200], [1, 2]));
      const loss = sigmoidCrossEntropy(pass, far, tf.tensor2d([0, 0], [1, 2]), tf.ones([1, 2]));
      assertClose(loss.tensor, [200], 1e-4);
    });
    tf.dispose([target, weight]);
  });

  it("squaredError passes back gradients", () => {
    const predictions = drawn("predictions", [3, 1]);
    const target = tf.tensor2d([1, 0, -1], [3, 1]);
    const weight = tf.tensor2d([1, 2, 0.5], [3, 1]);
    checkGradients([predictions], (pass, x) => squaredError(pass, x, target, weight));
    dispose(predictions);
    tf.dispose([target, weight]);
  });
});
