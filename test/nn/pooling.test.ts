import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { columns, sideBySide } from "../../src/nn/columns";
import { Pass } from "../../src/nn/Pass";
import { maxRows, weightedRows } from "../../src/nn/pooling";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

const HIDDEN = -1e9;

onEveryEngine("pooling", () => {
  /** Two texts of three rows, the last row of the second one padding. */
  const maskOf = () => tf.tensor4d([0, 0, 0, 0, 0, HIDDEN], [2, 1, 1, 3]);

  it("maxRows and weightedRows read no padding", () => {
    const mask = maskOf();
    tf.tidy(() => {
      const pass = new Pass();
      const x = pass.input(tf.tensor2d([1, 9, 5, 2, 3, 4, 7, 0, 6, 8, 99, 99], [6, 2]));
      assertClose(maxRows(pass, x, mask).tensor, [5, 9, 7, 8], 0);
      const equal = pass.input(tf.zeros([6, 1]));
      assertClose(weightedRows(pass, x, equal, mask).tensor, [3, 5, 6.5, 4], 1e-5);
      const sharp = pass.input(tf.tensor2d([0, 50, 0, 50, 0, 99], [6, 1]));
      assertClose(weightedRows(pass, x, sharp, mask).tensor, [5, 2, 7, 0], 1e-5);
    });
    mask.dispose();
  });

  it("maxRows passes back what differences say", () => {
    const [mask, x] = [maskOf(), drawn("x", [6, 4], 3)];
    checkGradients([x], (pass, x) => maxRows(pass, x, mask));
    tf.dispose(mask);
    x.dispose();
  });

  it("weightedRows passes back what differences say, to the rows and to the scores", () => {
    const [mask, x, scores] = [maskOf(), drawn("x", [6, 4]), drawn("scores", [6, 1])];
    checkGradients([x, scores], (pass, x, scores) => weightedRows(pass, x, scores, mask));
    tf.dispose(mask);
    for (const parameter of [x, scores]) parameter.dispose();
  });

  it("columns and sideBySide take apart and put together, and pass back what differences say", () => {
    const [a, b] = [drawn("a", [3, 2]), drawn("b", [3, 4])];
    tf.tidy(() => {
      const pass = new Pass();
      const both = sideBySide(pass, pass.input(a.value), pass.input(b.value));
      assert.deepEqual(both.tensor.shape, [3, 6]);
      assertClose(columns(pass, both, 0, 2).tensor, a.value, 0);
      assertClose(columns(pass, both, 2, 4).tensor, b.value, 0);
    });
    checkGradients([a, b], (pass, a, b) => sideBySide(pass, a, b));
    checkGradients([b], (pass, b) => columns(pass, b, 1, 2));
    for (const parameter of [a, b]) parameter.dispose();
  });
});
