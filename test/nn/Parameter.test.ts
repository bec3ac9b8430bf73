import assert from "node:assert/strict";
import { it } from "node:test";
import { inspect } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { visible } from "../../src/freeze";
import { Parameter } from "../../src/nn/Parameter";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { FakeStored } from "./FakeStored";

onEveryEngine("Parameter", () => {
  it("is trainable at first and tells its shape and size", () => {
    const p = new Parameter("w", tf.ones([2, 3]));
    assert.equal(p.requiresGrad, true);
    assert.deepEqual(p.shape, [2, 3]);
    assert.equal(p.size, 6);
    p.dispose();
  });

  it("prints its name, its shape and whether it is frozen or gone", () => {
    const p = new Parameter("a\u001b[31m.w", tf.ones([2, 3]));
    const printed = [inspect(p)];
    p.requiresGrad = false;
    printed.push(inspect(p));
    p.dispose();
    printed.push(inspect([p]));
    const name = visible("a\u001b[31m.w");
    assert.ok(!name.includes("\u001b"));
    assert.deepEqual(printed, [`${name} [2, 3]`, `${name} [2, 3] frozen`, `[ ${name}, disposed ]`]);
  });

  it("changes contents with another of its shape, what is unread included, and copies nothing", () => {
    const [p, q] = [new Parameter("p", tf.tensor1d([1, 2])), new Parameter("q", new FakeStored([2], [3, 4]))];
    const [value, stamps] = [p.value, [p.stamp, q.stamp]];
    const before = tf.memory().numTensors;
    p.exchange(q);
    assert.ok(p.stored);
    assert.ok(q.value === value);
    assert.deepEqual([q.stamp, p.stamp], stamps);
    p.exchange(q);
    assert.ok(p.value === value && q.stored);
    assert.deepEqual([p.stamp, q.stamp], stamps);
    assert.equal(tf.memory().numTensors, before);
    const r = new Parameter("r", tf.ones([3]));
    assert.throws(() => p.exchange(r), {
      name: "FrostError",
      message: "parameter p: expected one of shape [2], got [3]",
    });
    assert.throws(() => p.exchange(tf.ones([2]) as never), /^InputError: parameter\.exchange/);
    for (const each of [p, q, r]) each.dispose();
  });

  it("takes true and false for its flag and nothing else, and has it under no other name", () => {
    const p = new Parameter("w", tf.ones([2])) as Parameter & Record<string, unknown>;
    for (const [value, shown] of [
      ["true", '"true"'],
      [0, "0"],
      [null, "null"],
      [undefined, "undefined"],
    ] as const)
      assert.throws(
        () => {
          p.requiresGrad = value as never;
        },
        { name: "InputError", message: `w: requiresGrad: expected true or false, got ${shown}` },
      );
    assert.equal(p.requiresGrad, true);
    for (const name of ["requires_grad", "trainable", "frozen"]) {
      const refused = { name: "InputError", message: `${name}: a parameter's flag is called requiresGrad` };
      assert.throws(() => {
        (p as Record<string, unknown>)[name] = false;
      }, refused);
      assert.throws(() => p[name], refused);
    }
    assert.equal(p.requiresGrad, true);
    p.dispose();
  });

  it("takes no values and has no gradient by PyTorch's names, which JavaScript would set in silence", async () => {
    const p = new Parameter("w", tf.ones([2]));
    const set = (name: string) => () => {
      (p as unknown as Record<string, unknown>)[name] = tf.zeros([2]);
    };
    assert.throws(set("data"), {
      name: "InputError",
      message: "data: values are set by assign(tensor); data() gives them",
    });
    assert.throws(set("grad"), {
      name: "InputError",
      message: "grad: a parameter has no gradient outside a step",
    });
    assert.deepEqual([...(await p.data())], [1, 1]);
    p.dispose();
  });

  it("knows whether it holds the random values that it was drawn with", () => {
    const p = new Parameter("w", tf.ones([2]));
    assert.equal(p.origin, undefined);
    p.markDrawn();
    const before = p.snapshot();
    assert.equal(p.origin, "drawn");
    p.assign(tf.zeros([2]));
    assert.equal(p.origin, undefined);
    p.restore(before);
    assert.equal(p.origin, "drawn");
    const adapter = new Parameter("query.lora_A.weight", tf.ones([2]));
    assert.equal(adapter.origin, "adapter");
    for (const each of [before, p, adapter]) each.dispose();
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

  it("tells all but its values without reading what is stored", () => {
    const stored = new FakeStored([2, 3], [1, 2, 3, 4, 5, 6]);
    const p = new Parameter("w", stored);
    p.requiresGrad = false;
    assert.deepEqual([p.name, p.shape, p.size, p.requiresGrad], ["w", [2, 3], 6, false]);
    assert.ok(p.stamp > 0);
    assert.equal(p.stored, stored);
    assert.deepEqual(stored.log, []);
    p.dispose();
  });

  it("reads what is stored once, where it is first used, and lets go of the store", () => {
    const before = tf.memory().numTensors;
    const stored = new FakeStored([2], [1, 2]);
    const p = new Parameter("w", stored);
    const { stamp } = p;
    assert.equal(tf.memory().numTensors, before);
    // In a memory scope as well, which it outlives.
    tf.tidy(() => {
      tf.add(p.value, 1);
    });
    assertClose(p.value, [1, 2], 0);
    assert.deepEqual(stored.log, ["read"]);
    assert.equal(stored.held, 0);
    assert.equal(p.stored, null);
    assert.equal(p.stamp, stamp);
    assert.equal(tf.memory().numTensors, before + 1);
    p.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("gives its values without reading them into the engine", async () => {
    const stored = new FakeStored([2], [1, 2]);
    const p = new Parameter("w", stored);
    const before = tf.memory().numTensors;
    assert.deepEqual(await p.data(), Float32Array.of(1, 2));
    assert.equal(tf.memory().numTensors, before);
    assert.equal(p.stored, stored);
    p.assign(tf.tensor1d([3, 4]));
    assert.deepEqual(await p.data(), Float32Array.of(3, 4));
    p.dispose();
  });

  it("stays unread where reading fails, and says why each time", () => {
    const stored = new FakeStored([2], [1, 2]);
    stored.read = () => {
      throw new Error("the disk is gone");
    };
    const p = new Parameter("w", stored);
    for (const _ of [1, 2]) assert.throws(() => p.value, { message: "the disk is gone" });
    assert.equal(p.stored, stored);
    assert.equal(stored.held, 1);
    p.dispose();
  });

  it("lets go of the store unread where it is assigned to or disposed", () => {
    const [assigned, disposed] = [new FakeStored([2], [1, 2]), new FakeStored([2], [1, 2])];
    const [a, b] = [new Parameter("a", assigned), new Parameter("b", disposed)];
    const wrong = tf.ones([3]);
    assert.throws(() => a.assign(wrong), { message: "parameter a: expected shape [2], got [3]" });
    assert.equal(a.stored, assigned);
    a.assign(tf.tensor1d([3, 4]));
    assertClose(a.value, [3, 4], 0);
    b.dispose();
    b.dispose();
    assert.equal(b.stored, null);
    assert.throws(() => b.shape, { message: "parameter b was used after its model was disposed" });
    for (const stored of [assigned, disposed]) {
      assert.deepEqual(stored.log, []);
      assert.equal(stored.held, 0);
    }
    tf.dispose(wrong);
    a.dispose();
  });

  it("comes back to a snapshot of what was unread, unread, whatever happened meanwhile", () => {
    const before = tf.memory().numTensors;
    const stored = new FakeStored([2], [1, 2]);
    const p = new Parameter("w", stored);
    const { stamp } = p;
    const snapshot = p.snapshot();
    assert.equal(stored.held, 2);
    p.restore(snapshot);
    assert.equal(p.stored, stored); // nothing had happened
    for (const happens of [
      () => p.value,
      () => p.assign(tf.zeros([2])),
      () => p.assign(tf.add(p.value, 1)),
    ]) {
      happens();
      assert.equal(p.stored, null);
      p.restore(snapshot);
      assert.equal(p.stamp, stamp);
      assert.notEqual(p.stored, null);
      assert.equal(tf.memory().numTensors, before);
    }
    snapshot.dispose();
    assertClose(p.value, [1, 2], 0);
    assert.equal(stored.held, 0);
    p.dispose();
  });

  it("comes back to a snapshot of what had been read without reading it again", () => {
    const stored = new FakeStored([2], [1, 2]);
    const p = new Parameter("w", stored);
    const { value } = p;
    const snapshot = p.snapshot();
    p.restore(snapshot);
    assert.equal(p.value, value);
    p.assign(tf.zeros([2]));
    p.restore(snapshot);
    assertClose(p.value, [1, 2], 0);
    assert.deepEqual(stored.log, ["read"]);
    snapshot.dispose();
    p.dispose();
  });
});
