import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { byAutodiff } from "../../src/nn/byAutodiff";
import { multiSampleDropout } from "../../src/nn/multiSampleDropout";
import { Pass } from "../../src/nn/Pass";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

onEveryEngine("byAutodiff", () => {
  it("passes back what differences say, to its input and to each parameter, frozen ones aside", () => {
    const [x, w, bias] = [drawn("x", [4, 3]), drawn("w", [3, 2]), drawn("bias", [2])];
    const twice = tf.keep(tf.scalar(2));
    checkGradients(
      [x],
      (pass, x) =>
        byAutodiff(pass, x, { w, bias }, { twice }, (x, { w, bias }, { twice }) =>
          tf.tanh(tf.add(tf.mul(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), twice), bias)),
        ),
      { parameters: [w, bias] },
    );
    twice.dispose();
    for (const parameter of [x, w, bias]) parameter.dispose();
  });

  it("names the parameters where tfjs finds no gradient of one", () => {
    const [x, w] = [drawn("x", [4, 3]), drawn("head.unused", [3])];
    const pass = new Pass({ recording: true });
    const y = pass.scope("op", () => byAutodiff(pass, pass.input(x.value), { w }, {}, (x) => tf.sum(x)));
    assert.throws(() => pass.backward(y), /the gradient of head\.unused by tfjs: /);
    y.tensor.dispose();
    for (const parameter of [x, w]) parameter.dispose();
  });
});

onEveryEngine("multiSampleDropout", () => {
  it("passes back what differences say, and its masks are each samples' mean", () => {
    const x = drawn("x", [40, 30]);
    const y = tf.tidy(() => {
      const pass = new Pass({ training: true, seed: ["mean"] });
      return tf.div(multiSampleDropout(pass, pass.input(x.value), 0.5, 4).tensor, x.value);
    });
    // Each of four masks is 0 or 2, so that their mean is one of 0, 0.5, 1, 1.5 and 2.
    const masks = [...y.dataSync()].map((value) => Math.round(value * 1000) / 1000);
    assert.deepEqual([...new Set(masks)].sort(), [0, 0.5, 1, 1.5, 2]);
    y.dispose();
    x.dispose();
    const small = drawn("x", [4, 3]);
    checkGradients([small], (pass, x) => multiSampleDropout(pass, x, 0.4, 3));
    small.dispose();
  });
});
