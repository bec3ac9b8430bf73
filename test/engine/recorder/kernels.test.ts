// Every operation of tfjs that engine onnxruntime records, against plain JavaScript, and every other one refused by its name.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { KERNELS } from "../../../src/engine/recorder/registerKernels";
import { useEngine } from "../../../src/engine/useEngine";
import { drawn } from "../../../src/ops/drawn";
import { assertClose } from "../../close";
import { enginesHere } from "../../enginesHere";
import { CASES, type Made, pixels, x } from "./kernelCases";

interface Read {
  shape: number[];
  dtype: string;
  values: Float32Array;
}

const read = (make: () => Made): Read[] =>
  tf.tidy(() =>
    [make()]
      .flat()
      .map((made) => ({ shape: made.shape, dtype: made.dtype, values: made.dataSync<"float32">() })),
  ) as unknown as Read[];

const { why } = enginesHere().onnxruntime;

describe("Each operation of tfjs, on onnxruntime", { skip: why ?? false }, () => {
  const expected = new Map<string, Read[][]>();
  before(async () => {
    await useEngine("cpu");
    for (const [kernel, cases] of Object.entries(CASES)) expected.set(kernel, cases.map(read));
    await useEngine("onnxruntime");
  });

  it("is tried here, if the engine has it", () => {
    assert.deepEqual(Object.keys(CASES).sort(), Object.keys(KERNELS).sort());
  });

  for (const [kernel, cases] of Object.entries(CASES))
    it(`${kernel} gives what plain JavaScript gives`, async () => {
      for (const [i, make] of cases.entries()) {
        const { kernelNames } = await tf.profile(() => {
          tf.tidy(make);
          return tf.scalar(0);
        });
        assert.ok(kernelNames.includes(kernel), `case ${i} asks for ${kernelNames}`);
        const made = read(make);
        for (const [j, { shape, dtype, values }] of expected.get(kernel)![i].entries()) {
          assert.deepEqual([made[j].shape, made[j].dtype], [shape, dtype], `case ${i}`);
          if (kernel.startsWith("Is") || dtype !== "float32")
            assert.deepEqual([...made[j].values], [...values], `case ${i}`);
          else assertClose(made[j].values, values, 2e-5, `case ${i}`);
        }
      }
    });

  it("AvgPoolGrad passes back what a window at the edge took, which plain JavaScript does not: dy · pool(x) is pool'(dy) · x", () => {
    for (const [size, stride] of [
      [3, 2],
      [3, 1],
      [2, 2],
    ])
      tf.tidy(() => {
        const x = pixels();
        const pool = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, size, stride, "same");
        const y = pool(x);
        const dy = drawn("dy", ...y.shape);
        const forward = tf.sum(tf.mul(dy, y));
        const back = tf.sum(tf.mul(tf.grad(pool)(x, dy), x));
        assertClose(back, forward, 2e-5);
      });
  });

  it("is refused by its name, where the engine does not have it, with what to do", () => {
    assert.throws(() => tf.tidy(() => tf.image.resizeBilinear(pixels(), [3, 3])), {
      name: "InputError",
      message:
        "engine onnxruntime has no ResizeBilinear, which an operation of tfjs asks for: write it with other operations, or compute on engine tensorflow or cpu",
    });
  });

  it("tells of an id beyond a table at once, and of one that is computed when it runs", () => {
    tf.tidy(() => {
      assert.throws(
        () => tf.gather(x(), tf.tensor1d([0, 3], "int32")),
        /gather: expected ids from 0 to 2, got 3 in row 1/,
      );
      assert.throws(() => tf.gather(x(), tf.tensor1d([-1], "int32")), /got -1 in row 0/);
      const computed = tf.gather(x(), tf.add(tf.tensor1d([2], "int32"), tf.scalar(1, "int32")));
      assert.throws(
        () => computed.dataSync(),
        /Gather of \[3,4\], \[1\] by ONNX Runtime: .*out of data bounds/,
      );
    });
  });
});
