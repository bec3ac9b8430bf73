import assert from "node:assert/strict";
import { it, mock } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { Parameter } from "../../src/nn/Parameter";
import { parameterHash } from "../../src/nn/parameterHash";
import { onEveryEngine } from "../onEveryEngine";
import { FakeStored } from "./FakeStored";

onEveryEngine("parameterHash", () => {
  const made = (name: string, values: number[], shape = [values.length]) =>
    new Parameter(name, tf.tensor(values, shape));

  it("is of name, shape and values", async () => {
    const parameters = [
      made("a", [1, 2, 3, 4]),
      made("b", [1, 2, 3, 4]),
      made("a", [1, 2, 3, 4], [2, 2]),
      made("a", [1, 2, 3, 4 + 2 ** -21]),
      made("a", [1, 2, 4, 3]),
    ];
    const hashes = await Promise.all(parameters.map(parameterHash));
    assert.equal(new Set(hashes).size, 5);
    const twin = made("a", [1, 2, 3, 4]);
    assert.equal(await parameterHash(twin), hashes[0]);
    for (const parameter of [...parameters, twin]) parameter.dispose();
  });

  it("is read from the engine once, and again when the values have changed", async () => {
    const parameter = made("a", [1, 2]);
    const first = await parameterHash(parameter);
    const data = mock.method(parameter.value, "data");
    assert.equal(await parameterHash(parameter), first);
    assert.equal(data.mock.callCount(), 0);
    const snapshot = parameter.snapshot();
    parameter.assign(tf.tensor1d([1, 3]));
    assert.notEqual(await parameterHash(parameter), first);
    parameter.restore(snapshot);
    assert.equal(await parameterHash(parameter), first);
    snapshot.dispose();
    parameter.dispose();
  });

  it("leaves no tensor behind", async () => {
    const parameter = made("a", [1, 2]);
    const before = tf.memory().numTensors;
    await parameterHash(parameter);
    assert.equal(tf.memory().numTensors, before);
    parameter.dispose();
  });

  it("is the same of what is unread, taken piece by piece, and leaves it unread", async () => {
    const read = made("a", [1, 2, 3, 4], [2, 2]);
    const stored = new FakeStored([2, 2], [1, 2, 3, 4]);
    const unread = new Parameter("a", stored);
    const hash = await parameterHash(unread);
    assert.equal(hash, await parameterHash(read));
    assert.deepEqual(stored.log, ["pieces"]);
    assert.equal(unread.stored, stored);
    // Reading changes nothing, so the hash is not computed again.
    const data = mock.method(unread.value, "data");
    assert.equal(await parameterHash(unread), hash);
    assert.equal(data.mock.callCount(), 0);
    for (const parameter of [read, unread]) parameter.dispose();
  });
});
