// Operations that cannot be part of a function, and heads that read numbers while they compute: both give what plain JavaScript gives.
import assert from "node:assert/strict";
import { it, mock } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../../src/checkpoint/AutoModelForSequenceClassification";
import { KERNELS } from "../../../src/engine/recorder/registerKernels";
import { useEngine } from "../../../src/engine/useEngine";
import type { CustomHead } from "../../../src/models/Head";
import { drawn } from "../../../src/ops/drawn";
import { fineTune } from "../../../src/training/fineTune";
import { predict } from "../../../src/training/predict";
import { assertClose } from "../../close";
import { tinyBert, toyRows } from "../../training/toyData";
import { asOnGpu, deviceInUse } from "./asGpu";

const pixels = () => tf.reshape(tf.add(drawn("pixels", 2 * 4 * 4 * 2), 1), [2, 4, 4, 2]) as tf.Tensor4D;
const boxes = () => tf.tensor2d([0, 0, 1, 1, 0, 0, 0.9, 0.9, 0.5, 0.5, 2, 2], [3, 4]);

/** By the kernel that each needs: with tensors before and behind it that are recorded, its gradient where tfjs has one. */
const CASES: Record<string, () => tf.Tensor | tf.Tensor[]> = {
  ResizeBilinear: () => tf.neg(tf.image.resizeBilinear(tf.mul(pixels(), 2), [3, 5])),
  ResizeBilinearGrad: () =>
    tf.grad((x) => tf.square(tf.image.resizeBilinear(x as tf.Tensor4D, [3, 5])))(pixels()),
  SpaceToBatchND: () =>
    tf.abs(
      tf.spaceToBatchND(
        tf.neg(pixels()),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ].map((p) => p),
      ),
    ),
  BatchToSpaceND: () =>
    tf.grad((x) =>
      tf.square(
        tf.spaceToBatchND(
          x,
          [2, 2],
          [
            [0, 0],
            [0, 0],
          ].map((p) => p),
        ),
      ),
    )(pixels()),
  Cumprod: () => tf.add(tf.cumprod(tf.add(drawn("x", 3, 4), 1), 1), 1),
  Unique: () => {
    const { values, indices } = tf.unique(tf.tensor1d([3, 1, 3, 2, 1], "int32"));
    return [tf.add(values, tf.scalar(1, "int32")), indices];
  },
  NonMaxSuppressionV3: () =>
    tf.image.nonMaxSuppression(boxes(), tf.sigmoid(drawn("scores", 3) as tf.Tensor1D), 3, 0.5),
  TensorScatterUpdate: () =>
    tf.neg(tf.tensorScatterUpdate(tf.neg(drawn("x", 4)), [[2], [0]], tf.exp(drawn("y", 2)))),
  ScatterNd: () => tf.exp(tf.scatterND(tf.tensor2d([[1], [3]], [2, 1], "int32"), drawn("y", 2), [5])),
  DepthToSpace: () => tf.neg(tf.depthToSpace(tf.reshape(pixels(), [2, 2, 2, 8]), 2)),
  Conv3D: () =>
    tf.neg(
      tf.conv3d(
        tf.reshape(pixels(), [2, 2, 4, 2, 2]) as tf.Tensor5D,
        drawn("f", 2, 2, 2, 2, 3) as tf.Tensor5D,
        1,
        "same",
      ),
    ),
};

async function onJavaScript<Result>(compute: () => Promise<Result> | Result): Promise<Result> {
  await useEngine("cpu");
  try {
    return await compute();
  } finally {
    await useEngine("tensorflow");
  }
}

/** The lines that are said while something is computed. */
async function warnings(compute: () => Promise<unknown> | unknown): Promise<string[]> {
  const { mock: said } = mock.method(console, "warn", () => {});
  try {
    await compute();
    return said.calls.map(({ arguments: [line] }) => String(line));
  } finally {
    said.restore();
  }
}

/** Logits from the means over a text of what `between` makes of the last layer, [batch, seq, hidden]. */
const headOf = (between: (x: tf.Tensor3D) => tf.Tensor3D): CustomHead => ({
  parameters: ({ hidden, numLabels }) => ({ weight: [hidden, numLabels] }),
  forward: ([last], { weight }, { mask }) => {
    const seen = tf.expandDims(mask, 2);
    const mean = tf.div(tf.sum(tf.mul(between(last), seen), 1), tf.sum(seen, 1));
    return tf.matMul(mean, weight as tf.Tensor2D);
  },
});

/** Loss of each step, and what is predicted after them. */
async function trained(head: CustomHead): Promise<number[]> {
  const model = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log: () => {},
    head,
    seed: 3,
  });
  const losses: number[] = [];
  const options = { epochs: 2, batchSize: 4, learningRate: 3e-3, seed: 3 };
  for await (const event of fineTune(model, { train: toyRows(16) }, options))
    if (event.type === "step") losses.push(event.loss);
  const { probabilities } = await predict(model, toyRows(6, "valid"));
  model.dispose();
  return [...losses, ...probabilities];
}

asOnGpu("What cannot be part of a function", () => {
  for (const [kernel, make] of Object.entries(CASES))
    it(`${kernel} runs by itself, is named once, and leaves nothing behind`, async () => {
      assert.ok(!(kernel in KERNELS), "it is recorded by now: another one belongs here");
      const read = () =>
        tf.tidy(() =>
          [make()].flat().map((x) => ({ shape: x.shape, dtype: x.dtype, values: x.dataSync().slice() })),
        );
      const { numTensors } = tf.memory();
      const said = await warnings(() => {
        assert.ok(read().length > 0);
        read();
      });
      assert.equal(said.filter((line) => line.includes(kernel)).length, 1, said.join("\n"));
      assert.match(
        said.join("\n"),
        new RegExp(`frostkit: TensorFlow: ${kernel} cannot be part of a function`),
      );
      assert.equal(tf.memory().numTensors, numTensors);
      const here = read();
      const expected = await onJavaScript(read);
      here.forEach(({ shape, dtype, values }, i) => {
        assert.deepEqual([shape, dtype], [expected[i].shape, expected[i].dtype]);
        assertClose(values as Float32Array, expected[i].values as Float32Array, 2e-5);
      });
    });

  it("a head with such operations in its midst trains as in plain JavaScript", async () => {
    // Every second column goes to rows of its own, and back.
    const none = [
      [0, 0],
      [0, 0],
    ];
    const head = headOf((x) => {
      const image = tf.expandDims(x, 3) as tf.Tensor4D;
      const apart = tf.tanh(tf.spaceToBatchND(image, [1, 2], none));
      const together = tf.batchToSpaceND(tf.mul(apart, tf.abs(apart)), [1, 2], none);
      return tf.reshape(tf.add(together, image), x.shape);
    });
    const here = await trained(head);
    assert.equal(here.length, 8 + 12);
    assertClose(here, await onJavaScript(() => trained(head)), 1e-4);
    const again = await warnings(() => trained(head));
    assert.deepEqual(again, [], "it has been said");
  });

  it("a head that reads numbers while it computes, and goes on by what they say, trains as in plain JavaScript", async () => {
    const head = headOf((x) => {
      const most = tf.tidy(() => tf.max(tf.abs(x)).dataSync()[0]);
      return most > 1 ? tf.div(x, most) : x;
    });
    let here: number[] = [];
    const said = await warnings(async () => {
      here = await trained(head);
    });
    assert.deepEqual(said, [
      "frostkit: TensorFlow: head reads numbers while it is computed: a function ends there, and what comes next is another one",
    ]);
    assertClose(here, await onJavaScript(() => trained(head)), 1e-4);
  });

  it("a head whose shapes follow from what it has read trains as in plain JavaScript, with a bounded number of functions", async () => {
    const head = headOf((x) => {
      const [batch, rows, hidden] = x.shape;
      const kept = 1 + (Math.round(1000 * Math.abs(tf.tidy(() => tf.sum(x).dataSync()[0]))) % (hidden - 1));
      const part = tf.slice(x, [0, 0, 0], [batch, rows, kept]);
      return tf.concat([tf.mul(part, 2), tf.slice(x, [0, 0, kept], [batch, rows, hidden - kept])], 2);
    });
    const here = await trained(head);
    assert.ok(here.every(Number.isFinite));
    const { defined, removed } = deviceInUse();
    assert.ok(defined - removed <= 100, `${defined} made, ${removed} removed`);
  });

  it("complex numbers are refused, with the way out", () => {
    assert.throws(
      () => tf.tidy(() => tf.spectral.rfft(drawn("x", 1, 4) as tf.Tensor2D).dataSync()),
      /expected a tensor of float32, int32 or bool, got one of complex64/,
    );
  });
});
