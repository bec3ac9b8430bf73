import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "../../src/engine/nativeKernels";
import { readFloats } from "../../src/engine/readFloats";
import { NO_NATIVE_KERNELS, onEveryEngine } from "../onEveryEngine";

onEveryEngine("readFloats", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-floats-"));
  after(() => rmSync(folder, { recursive: true }));

  it("leaves it to others where the engine has no kernel for it", (t) => {
    if (nativeKernels()) return t.skip("the engine has one");
    assert.equal(readFloats(0, 0, [1]), null);
  });

  it("reads what lies at a place in a file, of any size", (t) => {
    if (!nativeKernels()) return t.skip(NO_NATIVE_KERNELS);
    const file = join(folder, "weights.bin");
    // More than one part of the reading, and a place that is no multiple of a float.
    const values = Float32Array.from({ length: 2_500_001 }, (_, i) => Math.sin(i));
    writeFileSync(file, Buffer.concat([Buffer.alloc(1003, 7), Buffer.from(values.buffer)]));
    const descriptor = openSync(file, "r");
    tf.tidy(() => {
      const tensor = readFloats(descriptor, 1003, [2_500_001])!;
      assert.deepEqual(tensor.dataSync(), values);
      const part = readFloats(descriptor, 1003 + 4 * 1000, [2, 3])!;
      assert.deepEqual(part.shape, [2, 3]);
      assert.deepEqual(part.dataSync(), values.subarray(1000, 1006));
    });
    closeSync(descriptor);
  });

  it("throws where the file ends before the values do, or is not open", (t) => {
    if (!nativeKernels()) return t.skip(NO_NATIVE_KERNELS);
    const file = join(folder, "short");
    writeFileSync(file, Buffer.alloc(10));
    const descriptor = openSync(file, "r");
    const before = tf.memory().numTensors;
    assert.throws(() => readFloats(descriptor, 0, [3]), /could not be read to its end/);
    closeSync(descriptor);
    assert.throws(() => readFloats(descriptor, 0, [2]), /could not be read to its end/);
    assert.equal(tf.memory().numTensors, before);
  });
});
