import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { freezeWhere, listParams } from "../../src/freeze";
import { fineTune } from "../../src/training/fineTune";
import { type Unfreeze, unfreezeSchedule } from "../../src/training/Unfreezing";
import { onEveryFastEngine } from "../onEveryEngine";
import { readAll } from "../readAll";
import { loadTiny, toyRows } from "./toyData";

const train = toyRows(24);
const options = { batchSize: 8, learningRate: 3e-3 };

onEveryFastEngine("unfreeze", () => {
  it("gradual goes one block an epoch where epochs suffice, and ends with everything trainable", () => {
    assert.deepEqual(unfreezeSchedule("gradual", 8, 6), [6, 5, 4, 3, 2, 1, 0, -1]);
    assert.deepEqual(unfreezeSchedule("gradual", 10, 6), [6, 5, 4, 3, 2, 1, 0, -1, -1, -1]);
    assert.deepEqual(unfreezeSchedule("gradual", 3, 11), [11, 5, -1]);
    assert.deepEqual(unfreezeSchedule("gradual", 2, 12), [12, -1]);
  });

  it("a list gives each epoch's N, its last one for the rest", () => {
    assert.deepEqual(unfreezeSchedule([3, 1], 4, 6), [3, 1, 1, 1]);
  });

  const wrong: [Unfreeze, number, RegExp][] = [
    ["gradual", 1, /"gradual" needs 2 epochs or more/],
    [[4], 2, /unfreeze: expected an integer from -1 to 3, got 4/],
    [[3, 1, -1], 2, /^InputError: unfreeze: expected at most 2 N, one for each epoch, got 3: 3, 1, -1; /],
    [[], 2, /expected "gradual" or the N of each epoch/],
    ["sudden" as "gradual", 2, /unfreeze: expected "gradual", or a list.*, got "sudden"/],
  ];
  for (const [unfreeze, epochs, message] of wrong)
    it(`refuses ${JSON.stringify(unfreeze)} over ${epochs} epochs before the first step`, async () => {
      const model = await loadTiny();
      assert.throws(() => fineTune(model, { train }, { ...options, epochs, unfreeze }), message);
      model.dispose();
    });

  it("changes in each epoch only the weights above that epoch's frost line", async () => {
    const model = await loadTiny();
    readAll(model);
    const tensors = tf.memory().numTensors;
    const stamps = () => model.stages.map(({ parameters }) => parameters.map(({ stamp }) => stamp).join());
    let before = stamps();
    const moved: boolean[][] = [];
    for await (const event of fineTune(model, { train }, { ...options, epochs: 5, unfreeze: "gradual" }))
      if (event.type === "epoch") {
        const now = stamps();
        moved.push(now.map((stamp, i) => stamp !== before[i]));
        before = now;
      }
    assert.deepEqual(
      moved,
      [4, 3, 2, 1, 0].map((line) => [0, 1, 2, 3, 4].map((stage) => stage >= line)),
    );
    assert.equal(tf.memory().numTensors, tensors);
    model.dispose();
  });

  it("leaves frozen what was frozen before, and all flags as it found them", async () => {
    const model = await loadTiny();
    freezeWhere(model, ".attention.");
    const flags = listParams(model).map(({ requiresGrad }) => requiresGrad);
    const frozen = model.parameter("bert.encoder.layer.2.attention.self.key.weight");
    const { stamp } = frozen;
    const { trainableParameters } = await fineTune(
      model,
      { train },
      { ...options, epochs: 2, unfreeze: [3, 1] },
    );
    assert.equal(frozen.stamp, stamp);
    assert.deepEqual(
      listParams(model).map(({ requiresGrad }) => requiresGrad),
      flags,
    );
    assert.ok(trainableParameters < listParams(model).totals.trainable);
    model.dispose();
  });
});
