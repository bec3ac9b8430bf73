import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchNorm, batchNorm } from "../../src/nn/batchNorm";
import { conv2d } from "../../src/nn/conv2d";
import { globalAveragePool } from "../../src/nn/globalAveragePool";
import { maxPool } from "../../src/nn/maxPool";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { relu } from "../../src/nn/relu";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn, leaf } from "./numericalGradient";

const dispose = (...parameters: Parameter[]) => {
  for (const parameter of parameters) parameter.dispose();
};

const normOf = (channels: number): BatchNorm => ({
  weight: drawn("norm.weight", [channels]),
  bias: drawn("norm.bias", [channels]),
  runningMean: drawn("norm.running_mean", [channels], 0.3),
  runningVar: new Parameter("norm.running_var", tf.fill([channels], 0.7)),
  numBatchesTracked: new Parameter("norm.num_batches_tracked", tf.scalar(4)),
  eps: 1e-5,
  momentum: 0.1,
});

const partsOf = (norm: BatchNorm) => [
  norm.weight,
  norm.bias,
  norm.runningMean,
  norm.runningVar,
  norm.numBatchesTracked,
];

onEveryEngine("image ops", () => {
  it("conv2d multiplies windows by a weight [out, in, kh, kw] that is not turned around, zeros outside", () => {
    const weight = new Parameter("weight", tf.tensor4d([0, 0, 0, 0, 1, 10, 0, 100, 0], [1, 1, 3, 3]));
    tf.tidy(() => {
      const x = new Pass().input(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]));
      const y = conv2d(new Pass(), x, { weight, stride: 1, padding: 1 }).tensor;
      assert.deepEqual(y.shape, [1, 2, 2, 1]);
      assertClose(y, [1 + 20 + 300, 2 + 400, 3 + 40, 4], 0);
    });
    weight.dispose();
  });

  for (const [size, stride, side] of [
    [3, 1, 4],
    [3, 2, 5],
    [3, 2, 4],
    [1, 2, 4],
    [1, 2, 5],
    [7, 2, 6],
  ])
    it(`conv2d passes back gradients of ${side} x ${side} images and a ${size} x ${size} weight, stride ${stride}`, () => {
      const weight = drawn("weight", [2, 3, size, size], 0.3);
      const x = drawn("x", [2, side, side, 3]);
      const padding = (size - 1) / 2;
      checkGradients([x], (pass, x) => conv2d(pass, x, { weight, stride, padding }), {
        parameters: [weight],
      });
      dispose(x, weight);
    });

  for (const side of [4, 5])
    it(`maxPool of ${side} x ${side} images passes each gradient back to the largest pixel`, () => {
      const random = drawn("order", [2 * side * side * 2]);
      const order = tf.topk(random.value as tf.Tensor1D, random.size).indices.dataSync();
      // At least .1 apart, so that no difference changes which one is the largest.
      const x = new Parameter(
        "x",
        tf.tensor(
          Float32Array.from(order, (i) => i / 10),
          [2, side, side, 2],
        ),
      );
      checkGradients([x], (pass, x) => maxPool(pass, x, { size: 3, stride: 2, padding: 1 }));
      dispose(x, random);
    });

  it("maxPool takes the largest of the image alone, not the padding, and of equal ones the first", () => {
    const x = new Parameter("x", tf.tensor4d([-5, -5, -7, -6], [1, 2, 2, 1]));
    const pass = new Pass({ recording: true });
    const sum = pass.scope("sum", () => {
      const y = maxPool(pass, leaf(pass, x), { size: 3, stride: 2, padding: 1 });
      assertClose(y.tensor, [-5], 0);
      return pass.record({
        output: tf.sum(y.tensor),
        inputs: { y },
        backward: () => ({ y: tf.ones([1, 1, 1, 1]) }),
      });
    });
    const gradients = pass.backward(sum);
    assertClose(gradients.get(x)!, [1, 0, 0, 0], 0);
    tf.dispose([sum.tensor, ...gradients.values()]);
    x.dispose();
  });

  it("globalAveragePool takes the mean over each image and passes its gradient back", () => {
    const x = drawn("x", [2, 3, 4, 5]);
    tf.tidy(() => {
      const y = globalAveragePool(new Pass(), new Pass().input(x.value)).tensor;
      assertClose(y, tf.mean(x.value, [1, 2]), 1e-6);
    });
    checkGradients([x], (pass, x) => globalAveragePool(pass, x));
    dispose(x);
  });

  it("relu passes gradients back where its input is above zero", () => {
    const values = tf.tidy(() => tf.add(tf.sign(drawn("x", [2, 3, 3, 2]).value), 0.5));
    const x = new Parameter("x", values);
    checkGradients([x], (pass, x) => relu(pass, x));
    dispose(x);
  });

  for (const training of [true, false])
    it(`batchNorm passes back gradients through ${training ? "the batch's" : "the running"} statistics`, () => {
      const norm = normOf(3);
      const x = drawn("x", [2, 2, 3, 3]);
      const parameters = [norm.weight, norm.bias];
      checkGradients([x], (pass, x) => batchNorm(pass, x, norm, training), { parameters });
      dispose(x, ...partsOf(norm));
    });

  it("batchNorm in training goes by the batch and moves the running statistics, the variance unbiased", () => {
    const norm = normOf(1);
    const { runningMean, runningVar, numBatchesTracked } = norm;
    runningMean.assign(tf.tensor1d([0]));
    runningVar.assign(tf.tensor1d([1]));
    norm.weight.assign(tf.tensor1d([2]));
    norm.bias.assign(tf.tensor1d([1]));
    tf.tidy(() => {
      const x = new Pass().input(tf.tensor4d([1, 2, 3, 6], [2, 1, 2, 1]));
      const y = batchNorm(new Pass(), x, norm, true).tensor;
      // Mean 3, variance 14 / 4 within the batch and 14 / 3 beyond it.
      const scale = 2 / Math.sqrt(3.5 + 1e-5);
      assertClose(y, [1 - 2 * scale, 1 - scale, 1, 1 + 3 * scale], 1e-5);
    });
    assertClose(runningMean.value, [0.3], 1e-6);
    assertClose(runningVar.value, [0.9 + (0.1 * 14) / 3], 1e-6);
    assertClose(numBatchesTracked.value, [5], 0);
    dispose(...partsOf(norm));
  });

  it("batchNorm by running statistics leaves them as they are", () => {
    const norm = normOf(2);
    const stamps = partsOf(norm).map(({ stamp }) => stamp);
    tf.tidy(() => {
      const x = drawn("x", [2, 2, 2, 2]);
      const y = batchNorm(new Pass({ training: true }), new Pass().input(x.value), norm, false).tensor;
      const by = tf.div(tf.sub(x.value, norm.runningMean.value), Math.sqrt(0.7 + 1e-5));
      assertClose(y, tf.add(tf.mul(by, norm.weight.value), norm.bias.value), 1e-5);
      x.dispose();
    });
    assert.deepEqual(
      partsOf(norm).map(({ stamp }) => stamp),
      stamps,
    );
    dispose(...partsOf(norm));
  });

  it("batchNorm refuses to train on one value per channel, which has no variance", () => {
    const norm = normOf(2);
    assert.throws(
      () => tf.tidy(() => batchNorm(new Pass(), new Pass().input(tf.ones([1, 1, 1, 2])), norm, true).tensor),
      { name: "InputError", message: /^norm\.weight: expected more than one value per channel/ },
    );
    dispose(...partsOf(norm));
  });
});
