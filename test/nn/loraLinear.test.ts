import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { linear } from "../../src/nn/linear";
import { type Adaptable, loraChange, loraLinear } from "../../src/nn/loraLinear";
import { Pass } from "../../src/nn/Pass";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

onEveryEngine("loraLinear", () => {
  const layer = (dropout: number): Required<Adaptable> => ({
    weight: drawn("w", [3, 4]),
    bias: drawn("bias", [3]),
    lora: { a: drawn("A", [2, 4]), b: drawn("B", [3, 2]), scale: 1.5, dropout, merged: false },
  });
  const dispose = ({ weight, bias, lora }: Required<Adaptable>) => {
    for (const parameter of [weight, bias, lora.a, lora.b]) parameter.dispose();
  };

  for (const rate of [0, 0.4])
    it(`passes back what differences say, to its input, the weight, A and B, at dropout ${rate}`, () => {
      const [x, dense] = [drawn("x", [5, 4]), layer(rate)];
      const { weight, bias, lora } = dense;
      checkGradients([x], (pass, x) => loraLinear(pass, x, dense), {
        parameters: [weight, bias, lora.a, lora.b],
      });
      x.dispose();
      dispose(dense);
    });

  it("is the layer whose weight is W + scale · B A", () => {
    const [x, dense] = [drawn("x", [5, 4]), layer(0)];
    tf.tidy(() => {
      const pass = new Pass();
      const adapted = loraLinear(pass, pass.input(x.value), dense).tensor;
      const whole = tf.add(dense.weight.value, loraChange(dense.lora));
      const expected = tf.add(tf.matMul(x.value, whole, false, true), dense.bias.value);
      assertClose(adapted, expected, 1e-5);
    });
    x.dispose();
    dispose(dense);
  });

  it("gives what the layer gives, to the bit, while B is zero", () => {
    const [x, dense] = [drawn("x", [5, 4]), layer(0)];
    dense.lora.b.assign(tf.zeros([3, 2]));
    tf.tidy(() => {
      const pass = new Pass();
      const input = pass.input(x.value);
      assertClose(loraLinear(pass, input, dense).tensor, linear(pass, input, dense).tensor, 0);
    });
    x.dispose();
    dispose(dense);
  });

  it("refuses to train what is merged", () => {
    const [x, dense] = [drawn("x", [5, 4]), layer(0)];
    dense.lora.merged = true;
    assert.throws(
      () =>
        tf.tidy(() => {
          const pass = new Pass({ recording: true });
          try {
            loraLinear(pass, pass.input(x.value), dense);
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
