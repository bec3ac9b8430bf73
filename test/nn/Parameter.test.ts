import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { Parameter } from "../../src/nn/Parameter";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

onEveryEngine("Parameter", () => {
  it("is trainable at first and tells its shape and size", () => {
    const p = new Parameter("w", tf.ones([2, 3]));
    assert.equal(p.requiresGrad, true);
    assert.deepEqual(p.shape, [2, 3]);
    assert.equal(p.size, 6);
    p.dispose();
  });

  it("outlives the memory scope it was made in", () => {
    let p: Parameter;
    tf.tidy(() => {
      p = new Parameter("w", tf.ones([2]));
    });
    assertClose(p!.value, [1, 1], 0);
    p!.dispose();
  });

  it("owns its tensor: assigning frees the former one, disposing the last", () => {
    const before = tf.memory().numTensors;
    const p = new Parameter("w", tf.ones([2]));
    p.assign(tf.zeros([2]));
    assert.equal(tf.memory().numTensors, before + 1);
    assertClose(p.value, [0, 0], 0);
    p.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("refuses a value of another shape and names itself", () => {
    const p = new Parameter("encoder.weight", tf.ones([2]));
    const wrong = tf.ones([3]);
    assert.throws(() => p.assign(wrong), {
      message: "parameter encoder.weight: expected shape [2], got [3]",
    });
    assertClose(p.value, [1, 1], 0);
    wrong.dispose();
    p.dispose();
  });

  it("says so when it is used after its model is gone", () => {
    const p = new Parameter("w", tf.ones([2]));
    p.dispose();
    assert.throws(() => p.value, { message: "parameter w was used after its model was disposed" });
  });

  it("comes back to a snapshot, content and stamp", () => {
    const p = new Parameter("w", tf.tensor1d([1, 2]));
    const { stamp } = p;
    const snapshot = p.snapshot();
    p.assign(tf.tensor1d([3, 4]));
    assert.notEqual(p.stamp, stamp);
    p.restore(snapshot);
    assert.equal(p.stamp, stamp);
    assertClose(p.value, [1, 2], 0);
    snapshot.dispose();
    assertClose(p.value, [1, 2], 0);
    p.dispose();
  });

  it("never gives two contents one stamp", () => {
    const a = new Parameter("a", tf.ones([1]));
    const b = new Parameter("b", tf.ones([1]));
    const seen = new Set([a.stamp, b.stamp]);
    a.assign(tf.ones([1]));
    seen.add(a.stamp);
    assert.equal(seen.size, 3);
    a.dispose();
    b.dispose();
  });
});
