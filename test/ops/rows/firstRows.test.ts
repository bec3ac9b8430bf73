import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { ensureEngine } from "../../../src/engine/useEngine";
import { firstRows } from "../../../src/ops/rows/firstRows";

test("Of each run of rows the first ones are taken, one or several, as a tensor of its own", async () => {
  await ensureEngine(() => {});
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [6, 2]);
  const before = tf.memory().numTensors;
  const [one, two, all] = [1, 2, 3].map((rows) => firstRows(x, 2, rows));
  assert.deepEqual(
    [one, two, all].map(({ shape }) => shape),
    [
      [2, 2],
      [4, 2],
      [6, 2],
    ],
  );
  assert.deepEqual([...(await one.data())], [1, 2, 7, 8]);
  assert.deepEqual([...(await two.data())], [1, 2, 3, 4, 7, 8, 9, 10]);
  assert.deepEqual(await all.data(), await x.data());
  assert.equal(tf.memory().numTensors, before + 3);
  tf.dispose([x, one, two, all]);
});
