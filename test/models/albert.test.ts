import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, mock } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { freezeWhere, topNLayerFreeze, topNLayerUnfreeze } from "../../src/freeze";
import { frostLine } from "../../src/nn/Stage";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { fineTune } from "../../src/training/fineTune";
import { learningRates } from "../../src/training/learningRates";
import { loadTiny, toyRows } from "../training/toyData";
import { againstPyTorch, fixture } from "./againstPyTorch";
import { recipe } from "./recipe";

const below = [".embeddings", "embedding_hidden_mapping_in"];
againstPyTorch("albert", {
  frozenBy: 0,
  // One group for all blocks: the first N are that group, whatever N is.
  belongs: (name, n) => recipe(below, "albert_layer_groups.{}.")(name, Math.min(n, 1)),
});

describe("ALBERT", () => {
  const { folder } = fixture("albert");
  const load = () => AutoModelForSequenceClassification.fromPretrained(folder, { log: assert.fail });
  const inGroup = (name: string) => name.includes("albert_layer_groups.");

  it("has one set of weights for its blocks, which stands in each of them", async () => {
    const model = await load();
    assert.equal(model.depth, 3);
    const [, first, ...others] = model.frostStages();
    assert.ok(first.parameters.every(inGroup));
    for (const other of others) assert.deepEqual(other.parameters, first.parameters);
    assert.deepEqual(
      model
        .namedParameters()
        .map(([name]) => name)
        .filter(inGroup)
        .sort(),
      [...first.parameters].sort(),
    );
    model.dispose();
  });

  it("freezes all blocks with the first, and says so", async () => {
    const model = await load();
    const warn = mock.method(console, "warn", () => {});
    try {
      topNLayerFreeze(model, 0);
      assert.equal(frostLine(model.stages), 1);
      assert.equal(warn.mock.callCount(), 0);
      topNLayerFreeze(model, 1);
      assert.equal(frostLine(model.stages), 4);
      const line = "frostkit: encoder.layer.1, encoder.layer.2 share these weights, so they are frozen too";
      assert.deepEqual(
        warn.mock.calls.map(({ arguments: [message] }) => message),
        [line],
      );
      topNLayerFreeze(model, 2);
      assert.equal(warn.mock.callCount(), 1, "what is frozen already is not news");
      topNLayerUnfreeze(model, 1);
      assert.equal(frostLine(model.stages), 0);
      freezeWhere(model, "albert_layers.0.ffn.");
      assert.equal(
        warn.mock.calls.at(-1)!.arguments[0],
        "frostkit: encoder.layer.0, encoder.layer.1, encoder.layer.2 share these weights, so they are frozen too",
      );
    } finally {
      warn.mock.restore();
      model.dispose();
    }
  });

  it("learns at one rate in all its blocks, that of the lowest", async () => {
    const model = await load();
    const rates = learningRates(model, { learningRate: 1, weightDecay: 0, layerwiseDecay: 0.5 });
    for (const { name } of model.stages[1].parameters) assert.equal(rates.get(name)!.learningRate, 0.5 ** 3);
    assert.equal(rates.get("albert.embeddings.LayerNorm.weight")!.learningRate, 0.5 ** 4);
    model.dispose();
  });

  it("is swept over the N that differ: 0 and 1", async () => {
    const model = await loadTiny(folder);
    assert.deepEqual(model.depths, [0, 1]);
    const out = mkdtempSync(join(tmpdir(), "frostkit-test-"));
    const warn = mock.method(console, "warn", () => {});
    try {
      const { records } = await freezeSweep({
        model,
        train: toyRows(8),
        valid: toyRows(4, "valid"),
        epochs: 1,
        batchSize: 4,
        out,
      });
      assert.deepEqual(
        records.map(({ n }) => n),
        [-1, 0, 1],
      );
      assert.ok(records[2].trainableParameters < records[1].trainableParameters);
      assert.equal(warn.mock.callCount(), 1);
    } finally {
      warn.mock.restore();
      rmSync(out, { recursive: true });
      model.dispose();
    }
  });

  it("gives the same losses from kept features as without, frozen up to its blocks or with them", async () => {
    const warn = mock.method(console, "warn", () => {});
    const losses = async (n: number, frozenDropout: boolean) => {
      const model = await loadTiny(folder);
      topNLayerFreeze(model, n);
      const data = { train: toyRows(16) };
      const { epochs } = await fineTune(model, data, { epochs: 2, batchSize: 8, frozenDropout });
      model.dispose();
      return epochs.map(({ trainLoss }) => trainLoss);
    };
    try {
      for (const n of [0, 1]) {
        const kept = await losses(n, false);
        const whole = await losses(n, true);
        kept.forEach((loss, epoch) => {
          assert.ok(Math.abs(loss - whole[epoch]) < 1e-5, `N = ${n}: ${loss} and ${whole[epoch]}`);
        });
      }
    } finally {
      warn.mock.restore();
    }
  });
});
