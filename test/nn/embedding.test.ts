import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { embedding } from "../../src/nn/embedding";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { FakeStored } from "./FakeStored";

onEveryEngine("embedding of a table that is stored", () => {
  const stored = () => new FakeStored([3, 2], [1, 2, 3, 4, 5, 6]);

  /** Looks rows 2, 0 and 2 up in a pass. */
  function lookUp(pass: Pass, table: Parameter) {
    const ids = tf.tensor1d([2, 0, 2], "int32");
    const value = pass.scope("lookup", () => embedding(pass, ids, table));
    ids.dispose();
    return value;
  }

  it("reads rows alone where the table is frozen, or no gradients are asked for, and leaves it unread", () => {
    const before = tf.memory().numTensors;
    for (const [requiresGrad, recording] of [
      [false, true],
      [false, false],
      [true, false],
    ]) {
      const kept = stored();
      const table = new Parameter("table", kept);
      table.requiresGrad = requiresGrad;
      const pass = new Pass({ recording });
      for (const _ of [1, 2]) {
        const rows = lookUp(pass, table);
        assert.deepEqual(rows.tensor.shape, [3, 2]);
        assertClose(rows.tensor, [5, 6, 1, 2, 5, 6], 0);
        assert.equal(rows.tracked, false);
        rows.tensor.dispose();
      }
      assert.deepEqual(kept.log, ["rows", "rows"]);
      assert.equal(table.stored, kept);
      pass.dispose();
      table.dispose();
    }
    assert.equal(tf.memory().numTensors, before);
  });

  it("reads a table whole that learns, and passes its gradient back", () => {
    const kept = stored();
    const table = new Parameter("table", kept);
    const pass = new Pass({ recording: true });
    const rows = lookUp(pass, table);
    assertClose(rows.tensor, [5, 6, 1, 2, 5, 6], 0);
    const gradient = pass.backward(rows).get(table)!;
    assertClose(gradient, [1, 1, 0, 0, 2, 2], 0);
    assert.deepEqual(kept.log, ["read"]);
    tf.dispose([rows.tensor, gradient]);
    table.dispose();
  });

  it("reads a table whole where its rows cannot be read alone, and looks up what has been read", () => {
    const kept = stored();
    kept.byRows = false;
    const table = new Parameter("table", kept);
    table.requiresGrad = false;
    const pass = new Pass({ recording: true });
    for (const _ of [1, 2]) {
      const rows = lookUp(pass, table);
      assertClose(rows.tensor, [5, 6, 1, 2, 5, 6], 0);
      rows.tensor.dispose();
    }
    assert.deepEqual(kept.log, ["read"]);
    assert.equal(table.stored, null);
    table.dispose();
  });
});
