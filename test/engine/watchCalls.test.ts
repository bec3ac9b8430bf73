import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { type CallWatch, watchCalls } from "../../src/engine/watchCalls";
import { enginesHere } from "../enginesHere";

const { tensorflow } = enginesHere();

/** What some operations ask of TensorFlow, without the milliseconds, which are some. */
function countsOf(watch: CallWatch | null, compute: () => void) {
  watch!.take();
  compute();
  const { inside, ...counts } = watch!.take();
  assert.ok(inside > 0);
  return counts;
}

const addOne = () =>
  tf.tidy(() => {
    assert.deepEqual([...tf.add(tf.tensor1d([1, 2]), tf.tensor1d([1, 1])).dataSync()], [2, 3]);
  });

test("Op by op a sum is two arrays that go in, the operation, a reading, and three tensors that are deleted", {
  skip: tensorflow.why ?? false,
}, async () => {
  await useEngine("tensorflow");
  const watch = watchCalls();
  const counts = countsOf(watch, addOne);
  assert.deepEqual(counts, { calls: 7, uploads: 2, readings: 1 });
  watch!.stop();
});

test("What is asked after a watch has stopped is not counted, and a new one begins at nothing", {
  skip: tensorflow.why ?? false,
}, () => {
  const before = tf.backend() as unknown as { binding: object };
  const { binding } = before;
  const watch = watchCalls()!;
  assert.notEqual(before.binding, binding);
  addOne();
  watch.stop();
  assert.equal(before.binding, binding);
  const { calls } = watch.take();
  addOne();
  assert.equal(watch.take().calls, 0);
  const next = watchCalls();
  assert.equal(countsOf(next, addOne).calls, calls);
  next!.stop();
});

test("A call that fails is counted, and fails as it did", { skip: tensorflow.why ?? false }, () => {
  const watch = watchCalls()!;
  const unfit = () => tf.tidy(() => tf.reshape(tf.sparseToDense([5], [1], [2], 0), [2]).dataSync());
  assert.throws(unfit);
  const { calls } = watch.take();
  assert.ok(calls > 0, `${calls}`);
  watch.stop();
});

test("Other engines have no binding of TensorFlow's to count", async () => {
  await useEngine("cpu");
  assert.equal(watchCalls(), null);
});
