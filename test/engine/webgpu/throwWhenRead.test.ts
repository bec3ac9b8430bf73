import assert from "node:assert/strict";
import { it, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { throwWhenRead } from "../../../src/engine/webgpu/throwWhenRead";
import type { UncapturedError, WebgpuBackend } from "../../../src/engine/webgpu/WebgpuBackend";
import { onWebgpu } from "../../onEveryEngine";

const id = {};
const refused = (reason: string) => ({ name: "FrostError", message: `WebGPU could not compute: ${reason}` });

/** A backend whose device reports what it is told to. */
function fakeBackend() {
  const listeners: ((event: UncapturedError) => void)[] = [];
  let lose: (why: { reason: string; message: string }) => void = () => {};
  const lost = new Promise<{ reason: string; message: string }>((resolve) => {
    lose = resolve;
  });
  let prevented = 0;
  const backend: WebgpuBackend = {
    device: {
      limits: { maxStorageBuffersPerShaderStage: 8 },
      lost,
      addEventListener: (_, listener) => listeners.push(listener),
    },
    read: async () => Float32Array.of(1, 2),
    disposeData() {},
    thresholdToIncreaseWorkgroups: 0,
    runWebGPUProgram: () => assert.fail(),
  };
  const preventDefault = () => prevented++;
  const report = (message: string) => {
    for (const listener of listeners) listener({ error: { message }, preventDefault });
  };
  return { backend, report, lose, prevented: () => prevented, listeners };
}

test("Numbers are read as they are where the device reports nothing", async () => {
  const { backend } = fakeBackend();
  throwWhenRead(backend);
  assert.deepEqual(Array.from(await backend.read(id)), [1, 2]);
});

test("What the device could not do is thrown by the next reading, in one line, and not printed", async () => {
  const { backend, report, prevented } = fakeBackend();
  throwWhenRead(backend);
  report("out of memory:\n - While calling [Device].CreateBuffer");
  await assert.rejects(backend.read(id), refused("out of memory: - While calling [Device].CreateBuffer"));
  assert.equal(prevented(), 1);
  assert.deepEqual(Array.from(await backend.read(id)), [1, 2]);
});

test("Of errors that follow from one another the first is told, then and whenever it shows again", async () => {
  const { backend, report } = fakeBackend();
  throwWhenRead(backend);
  report("too many buffers");
  report("[Invalid CommandBuffer] is invalid due to a previous error.");
  await assert.rejects(backend.read(id), refused("too many buffers"));
  report('[Invalid ComputePipeline "Add"] is invalid due to a previous error.');
  await assert.rejects(backend.read(id), refused("too many buffers"));
});

test("A device that was lost stays so; one that was given up is no error", async () => {
  const gone = fakeBackend();
  throwWhenRead(gone.backend);
  gone.lose({ reason: "unknown", message: "the driver was reset" });
  for (let i = 0; i < 2; i++)
    await assert.rejects(gone.backend.read(id), refused("the device was lost: the driver was reset"));
  const given = fakeBackend();
  throwWhenRead(given.backend);
  given.lose({ reason: "destroyed", message: "" });
  assert.deepEqual(Array.from(await given.backend.read(id)), [1, 2]);
});

test("A backend is watched once", () => {
  const { backend, listeners } = fakeBackend();
  for (let i = 0; i < 3; i++) throwWhenRead(backend);
  assert.equal(listeners.length, 1);
});

onWebgpu("A device that was asked for what it cannot do", () => {
  it("has the next reading fail, and what comes after it is computed", async () => {
    const { device } = tf.backend() as unknown as { device: { createBuffer(options: object): unknown } };
    const x = tf.fill([2000], 3);
    device.createBuffer({ size: 16, usage: 0xfff0000 });
    await assert.rejects(x.data(), { name: "FrostError", message: /^WebGPU could not compute: .*usage/i });
    const y = tf.add(x, 1);
    assert.equal((await y.data())[1999], 4);
    tf.dispose([x, y]);
  });
});
