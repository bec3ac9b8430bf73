import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { activation } from "../../src/nn/activation";
import { layerNorm } from "../../src/nn/layerNorm";
import { linear } from "../../src/nn/linear";
import { meanRows } from "../../src/nn/meanRows";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { gated } from "../../src/ops/activations/activations";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

const dispose = (...parameters: Parameter[]) => {
  for (const parameter of parameters) parameter.dispose();
};

onEveryEngine("ops of gated blocks", () => {
  it("linear without a bias is the one with a bias of zero, and passes back gradients", () => {
    const [x, weight] = [drawn("x", [4, 3]), drawn("weight", [2, 3])];
    const bias = new Parameter("bias", tf.zeros([2]));
    tf.tidy(() => {
      const pass = new Pass();
      const input = pass.input(x.value);
      const of = (bias?: Parameter) => linear(pass, input, { weight, bias }).tensor;
      assertClose(of(), of(bias), 1e-6);
    });
    checkGradients([x], (pass, x) => linear(pass, x, { weight }), { parameters: [weight] });
    dispose(x, weight, bias);
  });

  it("a gated linear multiplies the activated first half by the second", () => {
    const u = new Parameter("u", tf.tensor2d([2, -1, 5, 7], [1, 4]));
    const weight = new Parameter("weight", tf.tensor2d([1, 0, 1, 1], [2, 2]));
    tf.tidy(() => {
      const pass = new Pass();
      const y = linear(pass, pass.input(u.value), { weight }, gated(activation("relu"), 2), 0.5);
      assertClose(y.tensor, [10, 10], 1e-6);
    });
    dispose(u, weight);
  });

  for (const rate of [0, 0.4])
    for (const biased of [true, false])
      it(`a gated linear passes back gradients ${biased ? "with" : "without"} bias, with dropout ${rate}`, () => {
        const [u, weight] = [drawn("u", [5, 6]), drawn("weight", [2, 3])];
        const bias = biased ? drawn("bias", [2]) : undefined;
        const parameters = [weight, ...(bias ? [bias] : [])];
        checkGradients(
          [u],
          (pass, u) => linear(pass, u, { weight, bias }, gated(activation("gelu"), 3), rate),
          {
            parameters,
          },
        );
        dispose(u, ...parameters);
      });

  it("layerNorm without a bias is the one with a bias of zero, and passes back gradients", () => {
    const [x, weight] = [drawn("x", [3, 5], 2), drawn("weight", [5])];
    const bias = new Parameter("bias", tf.zeros([5]));
    tf.tidy(() => {
      const pass = new Pass();
      const input = pass.input(x.value);
      assertClose(
        layerNorm(pass, input, { weight, eps: 1e-5 }).tensor,
        layerNorm(pass, input, { weight, bias, eps: 1e-5 }).tensor,
        1e-6,
      );
    });
    checkGradients([x], (pass, x) => layerNorm(pass, x, { weight, eps: 1e-5 }), {
      parameters: [weight],
    });
    dispose(x, weight, bias);
  });

  it("meanRows counts tokens and no padding, and passes back gradients", () => {
    const x = drawn("x", [2 * 3, 2]);
    const mask = tf.tensor4d([0, 0, 0, 0, 0, -1e9], [2, 1, 1, 3]);
    tf.tidy(() => {
      const y = meanRows(new Pass(), new Pass().input(x.value), mask);
      const rows = x.value.arraySync() as number[][];
      const mean = (rows: number[][]) =>
        [0, 1].map((i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
      assertClose(y.tensor, [...mean(rows.slice(0, 3)), ...mean(rows.slice(3, 5))], 1e-6);
    });
    checkGradients([x], (pass, x) => meanRows(pass, x, mask));
    dispose(x);
    mask.dispose();
  });
});
