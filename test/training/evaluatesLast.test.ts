import assert from "node:assert/strict";
import { it } from "node:test";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { startFineTuning } from "../../src/training/fineTune";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, toyRows } from "./toyData";

onEveryFastEngine("A training that looks at the validation rows last", () => {
  const data = { train: toyRows(16), valid: toyRows(8, "valid") };

  async function trained(evaluatesLast: boolean, options: FineTuneOptions = {}) {
    const model = await loadTiny();
    let outputs: Float32Array | undefined;
    const keeps = {
      end: false,
      figure: () => 0,
      restore: () => {},
      evaluatesLast,
      predictions: (said: Float32Array) => {
        outputs = said;
      },
    };
    const settings = { epochs: 3, batchSize: 8, learningRate: 3e-3, ...options };
    const { epochs } = await startFineTuning(model, data, settings, keeps).run;
    model.dispose();
    return { epochs, outputs };
  }
  const isEvaluated = ({ epochs }: Awaited<ReturnType<typeof trained>>) =>
    epochs.map(({ validLoss, metrics }) => validLoss !== null && "accuracy" in metrics);

  it("learns and ends as one that looks at them after each epoch, and leaves the others' scores open", async () => {
    const [each, last] = [await trained(false), await trained(true)];
    assert.deepEqual(isEvaluated(each), [true, true, true]);
    assert.deepEqual(isEvaluated(last), [false, false, true]);
    assert.deepEqual(last.outputs, each.outputs);
    assert.deepEqual(last.epochs[2].metrics, each.epochs[2].metrics);
    assert.deepEqual(
      last.epochs.map(({ trainLoss }) => trainLoss),
      each.epochs.map(({ trainLoss }) => trainLoss),
    );
    assert.deepEqual(
      last.epochs.slice(0, 2).map(({ evalSeconds }) => evalSeconds),
      [0, 0],
    );
  });

  it("looks at them after each epoch all the same where the best one is sought", async () => {
    for (const options of [{ restoreBest: true }, { earlyStopping: 3 }])
      assert.deepEqual(isEvaluated(await trained(true, options)), [true, true, true]);
  });
});
