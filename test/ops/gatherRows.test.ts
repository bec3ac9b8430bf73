import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { gatherRows } from "../../src/ops/gatherRows/gatherRows";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

onEveryEngine("gatherRows", () => {
  it("gives rows in the order asked for, one as often as it is asked for", () => {
    tf.tidy(() => {
      const rows = gatherRows(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([2, 0, 2, 1], "int32"));
      assert.deepEqual(rows.shape, [4, 2]);
      assertClose(rows, [5, 6, 1, 2, 5, 6, 3, 4], 0);
    });
  });

  it("gives as many rows as are wanted, of any width, and none at all", () => {
    tf.tidy(() => {
      for (const width of [1, 3, 700]) {
        const table = tf.reshape(tf.range(0, 50 * width), [50, width]);
        const ids = Array.from({ length: 300 }, (_, i) => (i * 37) % 50);
        const expected = ids.flatMap((id) => Array.from({ length: width }, (_, j) => id * width + j));
        assertClose(gatherRows(table, tf.tensor1d(ids, "int32")), expected, 0);
      }
      assert.deepEqual(gatherRows(tf.ones([3, 2]), tf.tensor1d([], "int32")).shape, [0, 2]);
    });
  });

  it("refuses ids beyond the table, and leaves nothing behind", () => {
    const before = tf.memory().numTensors;
    for (const id of [3, -1])
      tf.tidy(() => {
        assert.throws(
          () => gatherRows(tf.ones([3, 2]), tf.tensor1d([0, id], "int32")),
          new RegExp(`${id}\\b`),
        );
      });
    assert.equal(tf.memory().numTensors, before);
  });
});
