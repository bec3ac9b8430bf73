import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { compose, defineOp, observeOps } from "../../src/ops/defineOp";
import { gelu } from "../../src/ops/gelu/gelu";
import type { Declaration, Kernel } from "../../src/ops/Op";
import { whoComputes } from "../../src/ops/whoComputes";

type Inputs = { x: tf.Tensor; factor: number };

const kernel = (by: string, refuses: (inputs: Inputs | null) => string | null, value: number) =>
  ({ by, refuses, compute: ({ x }) => ({ y: tf.fill(x.shape, value) }) }) satisfies Kernel<
    Inputs,
    { y: tf.Tensor }
  >;

const declared = (kernels: Kernel<Inputs, { y: tf.Tensor }>[]): Declaration<Inputs, { y: tf.Tensor }> => ({
  name: "scale",
  inputs: { x: "any", factor: "number" },
  outputs: { y: "as x" },
  precision: null,
  check({ factor }) {
    if (!Number.isFinite(factor)) throw new Error(`scale: expected a number, got ${factor}`);
  },
  composed: ({ x, factor }) => ({ y: tf.mul(tf.add(x, 0), factor) }),
  kernels,
  *examples() {
    yield { title: "one", inputs: () => ({ x: tf.ones([1]), factor: 2 }), tolerance: 0 };
  },
});

const computed = (kernels: Kernel<Inputs, { y: tf.Tensor }>[], factor = 3) =>
  tf.tidy(() => defineOp(declared(kernels))({ x: tf.ones([2]), factor }).y.dataSync()[0]);

describe("An op", () => {
  before(() => useEngine("cpu"));

  it("is computed by the first of its kernels that does not refuse", () => {
    const [never, small, always] = [
      kernel("never", () => "not here", 1),
      kernel("small", (inputs) => (inputs && inputs.factor > 2 ? "too large" : null), 10),
      kernel("always", () => null, 20),
    ];
    assert.equal(computed([never, small, always]), 20);
    assert.equal(computed([never, small, always], 2), 10);
  });

  it("is composed of tfjs's ops where all refuse, and leaves nothing of what that made on its way", () => {
    const before = tf.memory().numTensors;
    assert.equal(computed([kernel("never", () => "not here", 1)]), 3);
    const x = tf.ones([2]);
    const { y } = compose(declared([]), { x, factor: 2 });
    assert.equal(tf.memory().numTensors, before + 2);
    tf.dispose([x, y]);
  });

  it("checks its inputs before any kernel sees them", () => {
    assert.throws(() => computed([kernel("always", () => null, 20)], Number.NaN), {
      message: "scale: expected a number, got NaN",
    });
  });

  it("tells an observer who computed it, and how often", () => {
    const { result, used } = observeOps(() => {
      computed([kernel("always", () => null, 20)]);
      return tf.tidy(() => gelu(gelu(tf.tensor1d([0]))).dataSync()[0]);
    });
    assert.equal(result, 0);
    assert.deepEqual(
      [...used].map(([op, by]) => [op, ...by]),
      [
        ["scale", ["always", 1]],
        ["gelu", ["tfjs ops", 2]],
      ],
    );
  });
});

describe("Who computes", () => {
  it("names a kernel of the engine in use, and why the others are not it", async () => {
    await useEngine("onnxruntime");
    const lines = whoComputes(["fp32"]);
    const norm = lines.find(({ op }) => op === "layerNorm")!;
    assert.deepEqual(norm, {
      op: "layerNorm",
      by: { fp32: "ONNX Runtime" },
      others: ["C++: not linked with TensorFlow on a CPU"],
    });
    await useEngine("cpu");
    for (const { by } of whoComputes(["fp32"])) assert.equal(by.fp32, "tfjs ops");
  });
});
