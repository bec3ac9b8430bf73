import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "../../src/engine/nativeKernels";
import { readRows } from "../../src/engine/readRows";
import { Random } from "../../src/random";
import { NO_NATIVE_KERNELS, onEveryEngine } from "../onEveryEngine";

const [ENTRIES, WIDTH] = [5000, 37];
const table = Float32Array.from({ length: ENTRIES * WIDTH }, (_, i) => Math.sin(i));

onEveryEngine("readRows", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-rows-"));
  const file = join(folder, "table");
  let descriptor = 0;
  before(() => {
    // At a place that is no multiple of a float.
    writeFileSync(file, Buffer.concat([Buffer.alloc(11, 7), Buffer.from(table.buffer)]));
    descriptor = openSync(file, "r");
  });
  after(() => {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });
  const rowsOf = (ids: number[]) => readRows(descriptor, 11, [ENTRIES, WIDTH], tf.tensor1d(ids, "int32"));

  it("leaves it to others where the engine has no kernel for it", (t) => {
    if (nativeKernels()) return t.skip("the engine has one");
    assert.equal(rowsOf([4, 0, 4999]), null);
  });

  it("reads the rows of a table in a file that are asked for", (t) => {
    if (!nativeKernels()) return t.skip(NO_NATIVE_KERNELS);
    tf.tidy(() => {
      const rows = rowsOf([4, 0, 4999])!;
      assert.deepEqual(rows.shape, [3, WIDTH]);
      assert.deepEqual(
        rows.dataSync(),
        Float32Array.from([4, 0, 4999].flatMap((id) => [...table.subarray(id * WIDTH, (id + 1) * WIDTH)])),
      );
    });
  });

  it("gives what tf.gather gives, bit for bit, however many there are and however often each", (t) => {
    if (!nativeKernels()) return t.skip(NO_NATIVE_KERNELS);
    const random = new Random(1);
    tf.tidy(() => {
      const whole = tf.tensor2d(table, [ENTRIES, WIDTH]);
      for (const [count, different] of [
        [1, 1],
        [1000, 1],
        [1000, 20],
        [4096, ENTRIES],
      ]) {
        const ids = Array.from({ length: count }, () => random.integer(different));
        assert.deepEqual(
          rowsOf(ids)!.dataSync(),
          tf.gather(whole, tf.tensor1d(ids, "int32")).dataSync(),
          `${count} ids of ${different}`,
        );
      }
    });
  });

  it("refuses an id beyond the table and a file that ends early, and leaves no tensor behind", (t) => {
    if (!nativeKernels()) return t.skip(NO_NATIVE_KERNELS);
    const tensors = tf.memory().numTensors;
    const fails = (ids: number[], why: RegExp) => assert.throws(() => tf.tidy(() => rowsOf(ids)!), why);
    fails([1, 2, 5000], /expected ids from 0 to 4999, got 5000 in row 2/);
    fails([-1], /expected ids from 0 to 4999, got -1 in row 0/);
    truncateSync(file, 11 + 4 * WIDTH * 3);
    fails([2, 3], /could not be read to its end/);
    tf.tidy(() => assert.deepEqual(rowsOf([2])!.dataSync(), table.slice(2 * WIDTH, 3 * WIDTH)));
    assert.equal(tf.memory().numTensors, tensors);
  });
});
