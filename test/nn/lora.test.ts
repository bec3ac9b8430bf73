import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type BiasedAdaptable, linear } from "../../src/nn/linear";
import {
  adapterParameters,
  forget,
  type Lora,
  mergeChange,
  mergedWeight,
  unmergeChange,
} from "../../src/nn/lora";
import { Pass } from "../../src/nn/Pass";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

type Adapted = BiasedAdaptable & { lora: Lora };

onEveryEngine("a dense layer with an adapter", () => {
  const layer = (dropout: number, dora = false): Adapted => ({
    weight: drawn("w", [3, 4]),
    bias: drawn("bias", [3]),
    lora: {
      a: drawn("A", [2, 4]),
      b: drawn("B", [3, 2]),
      ...(dora && { magnitude: drawn("m", [3]) }),
      ...{ scale: 1.5, rankStabilized: false, dropout, merged: false },
    },
  });
  const dispose = ({ weight, bias, lora }: Adapted) => {
    for (const parameter of [weight, bias, ...adapterParameters(lora)]) parameter.dispose();
    forget(lora);
  };

  for (const rate of [0, 0.4])
    it(`passes back what differences say, to its input, the weight, A and B, at dropout ${rate}`, () => {
      const [x, dense] = [drawn("x", [5, 4]), layer(rate)];
      const { weight, bias, lora } = dense;
      checkGradients([x], (pass, x) => linear(pass, x, dense), {
        parameters: [weight, bias, lora.a, lora.b],
      });
      x.dispose();
      dispose(dense);
    });

  it("is the layer whose weight is W + scale · B A", () => {
    const [x, dense] = [drawn("x", [5, 4]), layer(0)];
    tf.tidy(() => {
      const pass = new Pass();
      const adapted = linear(pass, pass.input(x.value), dense).tensor;
      const { weight, lora } = dense;
      const whole = tf.add(weight.value, tf.mul(tf.matMul(lora.b.value, lora.a.value), 1.5));
      assertClose(mergedWeight(weight, lora), whole, 1e-6);
      const expected = tf.add(tf.matMul(x.value, whole, false, true), dense.bias.value);
      assertClose(adapted, expected, 1e-5);
    });
    x.dispose();
    dispose(dense);
  });

  it("gives what the layer gives, to the bit, while B is zero", () => {
    const [x, dense] = [drawn("x", [5, 4]), layer(0)];
    dense.lora.b.assign(tf.zeros([3, 2]));
    const { weight, bias } = dense;
    tf.tidy(() => {
      const pass = new Pass();
      const input = pass.input(x.value);
      assertClose(linear(pass, input, dense).tensor, linear(pass, input, { weight, bias }).tensor, 0);
    });
    x.dispose();
    dispose(dense);
  });

  it("with DoRA is the layer whose weight is W + scale · B A with rows of the length that the magnitude says", () => {
    const [x, dense] = [drawn("x", [5, 4]), layer(0, true)];
    const { weight, bias, lora } = dense;
    const m = lora.magnitude!;
    tf.tidy(() => {
      const sum = tf.add(weight.value, tf.mul(tf.matMul(lora.b.value, lora.a.value), 1.5));
      const unit = tf.div(sum, tf.norm(sum, 2, 1, true));
      const whole = tf.mul(unit, tf.expandDims(m.value, 1));
      assertClose(mergedWeight(weight, lora), whole, 1e-5);
      const expected = tf.add(tf.matMul(x.value, whole, false, true), bias.value);
      const pass = new Pass();
      const own = linear(pass, pass.input(x.value), dense).tensor;
      assertClose(own, expected, 1e-5);
    });
    x.dispose();
    dispose(dense);
  });

  for (const rate of [0, 0.4])
    it(`with DoRA passes back what differences say to its input, the bias and the magnitude, at dropout ${rate}`, () => {
      const [x, dense] = [drawn("x", [5, 4]), layer(rate, true)];
      const { weight, bias, lora } = dense;
      // Those of the others take the lengths of rows for constants, as PEFT does: test/recipes/peft.test.ts.
      for (const constant of [weight, lora.a, lora.b]) constant.requiresGrad = false;
      checkGradients([x], (pass, x) => linear(pass, x, dense), { parameters: [bias, lora.magnitude!] });
      x.dispose();
      dispose(dense);
    });

  for (const dora of [false, true])
    it(`${dora ? "DoRA" : "LoRA"} is merged and taken out again to the same weight, and leaves nothing behind`, () => {
      const before = tf.memory().numTensors;
      const dense = layer(0, dora);
      const { weight, lora } = dense;
      const start = weight.value.clone();
      const whole = mergedWeight(weight, lora);
      mergeChange(dense);
      assertClose(weight.value, whole, 0);
      assert.ok(lora.merged);
      unmergeChange(dense);
      assertClose(weight.value, start, 1e-5);
      assert.ok(!lora.merged);
      tf.dispose([start, whole]);
      dispose(dense);
      assert.equal(tf.memory().numTensors, before);
    });

  it("refuses to train what is merged", () => {
    const [x, dense] = [drawn("x", [5, 4]), layer(0)];
    dense.lora.merged = true;
    assert.throws(
      () =>
        tf.tidy(() => {
          const pass = new Pass({ recording: true });
          try {
            linear(pass, pass.input(x.value), dense);
          } finally {
            pass.dispose();
          }
        }),
      /A is merged into its weight.*unmergeLora/,
    );
    x.dispose();
    dispose(dense);
  });
});
