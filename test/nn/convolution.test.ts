import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { convolution } from "../../src/nn/convolution";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { zeroPadding } from "../../src/nn/zeroPadding";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

const dispose = (...parameters: Parameter[]) => {
  for (const parameter of parameters) parameter.dispose();
};

onEveryEngine("convolution", () => {
  it("weighs each row and its neighbours, with zeros beyond both ends of a text", () => {
    const x = new Parameter("x", tf.tensor2d([1, 2, 3, 10, 20, 30], [6, 1]));
    const weight = new Parameter("weight", tf.tensor3d([100, 10, 1], [1, 1, 3]));
    const bias = new Parameter("bias", tf.tensor1d([0.5]));
    tf.tidy(() => {
      const pass = new Pass();
      const y = convolution(pass, pass.input(x.value), { weight, bias }, 2);
      assertClose(y.tensor, [12.5, 123.5, 230.5, 120.5, 1230.5, 2300.5], 1e-3);
    });
    dispose(x, weight, bias);
  });

  for (const size of [1, 3, 5])
    it(`passes back gradients of its input, weight and bias, ${size} wide`, () => {
      const [x, weight, bias] = [drawn("x", [2 * 4, 3]), drawn("weight", [2, 3, size]), drawn("bias", [2])];
      checkGradients([x], (pass, x) => convolution(pass, x, { weight, bias }, 2), {
        parameters: [weight, bias],
      });
      dispose(x, weight, bias);
    });

  it("zeroPadding clears hidden rows and passes nothing back to them", () => {
    const x = drawn("x", [2 * 2, 3]);
    const mask = tf.tensor4d([0, -1e9, 0, 0], [2, 1, 1, 2]);
    tf.tidy(() => {
      const y = zeroPadding(new Pass(), new Pass().input(x.value), mask).tensor;
      const values = x.value.dataSync();
      assertClose(y, [...values.slice(0, 3), 0, 0, 0, ...values.slice(6)], 0);
    });
    checkGradients([x], (pass, x) => zeroPadding(pass, x, mask));
    dispose(x);
    mask.dispose();
  });
});
