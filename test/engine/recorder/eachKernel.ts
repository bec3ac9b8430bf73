// Every operation of tfjs that is recorded, against plain JavaScript, whoever runs what is recorded.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { KERNELS } from "../../../src/engine/recorder/registerKernels";
import { type EngineName, useEngine } from "../../../src/engine/useEngine";
import { type Activation, activations, gated } from "../../../src/ops/activations/activations";
import { rareActivations } from "../../../src/ops/activations/rareActivations";
import { drawn } from "../../../src/ops/drawn";
import { product } from "../../../src/ops/products/products";
import { assertClose } from "../../close";
import { CASES, type Made, pixels } from "./kernelCases";

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

/** Tests of all kernels on an engine, and those of `more`. */
export function eachKernel(engine: EngineName, why: string | null, more: () => void): void {
  describe(`Each operation of tfjs, on ${engine}`, { skip: why ?? false }, () => {
    const expected = new Map<string, Read[][]>();
    before(async () => {
      await useEngine("cpu");
      for (const [kernel, cases] of Object.entries(CASES)) expected.set(kernel, cases.map(read));
      await useEngine(engine);
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

    it("applies each activation on the way of a product by its ONNX form, as tfjs's operations do before it", () => {
      const all = { ...activations, ...rareActivations, geglu: gated(activations.gelu, 3) };
      for (const [name, f] of Object.entries<Activation>(all))
        tf.tidy(() => {
          const a = tf.mul(drawn("a", 5, 6), 3);
          const b = drawn("b", f.width ?? 6, 2);
          assertClose(product({ a, b, activationA: f }), tf.matMul(f.forward(a), b), 2e-5, name);
        });
    });

    more();
  });
}
