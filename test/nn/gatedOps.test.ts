import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { activation } from "../../src/nn/activation";
import { firstRows } from "../../src/nn/embedding";
import { gatedLinear } from "../../src/nn/gatedLinear";
import { layerNorm } from "../../src/nn/layerNorm";
import { linear } from "../../src/nn/linear";
import { meanRows } from "../../src/nn/meanRows";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { projection } from "../../src/nn/projection";
import { rotary, rotaryTurns } from "../../src/nn/rotary";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

const dispose = (...parameters: Parameter[]) => {
  for (const parameter of parameters) parameter.dispose();
};

onEveryEngine("ops of gated and rotary blocks", () => {
  it("projection is linear where it has a bias, and the same without one where it has none", () => {
    const [x, weight, bias] = [drawn("x", [4, 3]), drawn("weight", [2, 3]), drawn("bias", [2])];
    const zero = new Parameter("zero", tf.zeros([2]));
    tf.tidy(() => {
      const pass = new Pass();
      const input = pass.input(x.value);
      const of = (bias: Parameter) => linear(pass, input, { weight, bias }).tensor;
      assertClose(projection(pass, input, { weight, bias }).tensor, of(bias), 1e-6);
      assertClose(projection(pass, input, { weight }).tensor, of(zero), 1e-6);
    });
    dispose(x, weight, bias, zero);
  });

  it("projection by parts gives the columns of the whole", () => {
    const [x, weight, bias] = [drawn("x", [4, 3]), drawn("weight", [6, 3]), drawn("bias", [6])];
    tf.tidy(() => {
      const pass = new Pass();
      const input = pass.input(x.value);
      const parts = [0, 1, 2].map(
        (index) => projection(pass, input, { weight, bias }, { index, of: 3 }).tensor,
      );
      assertClose(tf.concat(parts, 1), projection(pass, input, { weight, bias }).tensor, 1e-6);
    });
    dispose(x, weight, bias);
  });

  for (const part of [undefined, { index: 1, of: 3 }])
    for (const biased of [true, false])
      it(`projection passes back gradients ${biased ? "with" : "without"} bias, of ${part ? "a part" : "the whole"}`, () => {
        const [x, weight] = [drawn("x", [4, 3]), drawn("weight", [6, 3])];
        const bias = biased ? drawn("bias", [6]) : undefined;
        const parameters = [weight, ...(bias ? [bias] : [])];
        checkGradients([x], (pass, x) => projection(pass, x, { weight, bias }, part), { parameters });
        dispose(x, ...parameters);
      });

  it("gatedLinear multiplies the activated first half by the second", () => {
    const u = new Parameter("u", tf.tensor2d([2, -1, 5, 7], [1, 4]));
    const weight = new Parameter("weight", tf.tensor2d([1, 0, 1, 1], [2, 2]));
    tf.tidy(() => {
      const pass = new Pass();
      const y = gatedLinear(pass, pass.input(u.value), activation("relu"), { weight }, 0.5);
      assertClose(y.tensor, [10, 10], 1e-6);
    });
    dispose(u, weight);
  });

  for (const rate of [0, 0.4])
    for (const biased of [true, false])
      it(`gatedLinear passes back gradients ${biased ? "with" : "without"} bias, with dropout ${rate}`, () => {
        const [u, weight] = [drawn("u", [5, 6]), drawn("weight", [2, 3])];
        const bias = biased ? drawn("bias", [2]) : undefined;
        const parameters = [weight, ...(bias ? [bias] : [])];
        checkGradients([u], (pass, u) => gatedLinear(pass, u, activation("gelu"), { weight, bias }, rate), {
          parameters,
        });
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

  it("rotary turns each pair of features by its position times its frequency", () => {
    const x = new Parameter("x", tf.tensor2d([1, 2, 0, 0, 1, 2, 0, 0, 1, 2, 0, 0], [3, 4]));
    tf.tidy(() => {
      const pass = new Pass();
      const y = rotary(pass, pass.input(x.value), 1, rotaryTurns(3, 4, 100));
      const row = (p: number) => [Math.cos(p), 2 * Math.cos(p / 10), Math.sin(p), 2 * Math.sin(p / 10)];
      assertClose(y.tensor, [row(0), row(1), row(2)].flat(), 1e-6);
    });
    dispose(x);
  });

  it("rotary makes products depend on the distance alone", () => {
    const [q, k] = [drawn("q", [1, 8]), drawn("k", [1, 8])];
    tf.tidy(() => {
      const pass = new Pass();
      const turns = rotaryTurns(40, 8, 10000);
      const [a, b] = [q, k].map(
        ({ value }) => rotary(pass, pass.input(tf.tile(value, [40, 1])), 1, turns).tensor,
      );
      const products = tf.matMul(a, b, false, true).arraySync() as number[][];
      assertClose([products[9][2], products[39][32]], [products[7][0], products[7][0]], 1e-4);
    });
    dispose(q, k);
  });

  it("rotary passes back gradients, for several texts and heads", () => {
    const x = drawn("x", [2 * 3, 8]);
    const turns = rotaryTurns(3, 4, 100);
    checkGradients([x], (pass, x) => rotary(pass, x, 2, turns));
    tf.dispose([turns.cos, turns.sin]);
    dispose(x);
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

  it("firstRows takes as many leading rows of each text as it is asked for", () => {
    const x = drawn("x", [2 * 4, 2]);
    tf.tidy(() => {
      const rows = firstRows(new Pass(), new Pass().input(x.value), 2, 3);
      assertClose(rows.tensor, tf.gather(x.value, [0, 1, 2, 4, 5, 6]), 0);
    });
    checkGradients([x], (pass, x) => firstRows(pass, x, 2, 3));
    dispose(x);
  });

  it("firstRows takes all where a text has no more, and passes their gradients back", () => {
    const x = drawn("x", [2 * 3, 2]);
    for (const count of [3, 5]) {
      tf.tidy(() =>
        assertClose(firstRows(new Pass(), new Pass().input(x.value), 2, count).tensor, x.value, 0),
      );
      checkGradients([x], (pass, x) => firstRows(pass, x, 2, count));
    }
    dispose(x);
  });
});
