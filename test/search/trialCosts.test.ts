import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { rowsOf } from "../../src/data/rowsOf";
import { topNLayerFreeze, unfreezeWhere } from "../../src/freeze";
import { frostLine } from "../../src/nn/Stage";
import { trialCosts } from "../../src/search/trialCosts";
import { loadTiny, toyRows } from "../training/toyData";

const settings = {
  ...{ epochs: 3, batchSize: 8, gradientAccumulation: 2, precision: "fp32" as const },
  ...{ frozenDropout: false, restoreBest: false },
};
const rows = (count: number) => rowsOf(toyRows(count));

describe("trialCosts", () => {
  it("falls with every frozen block, from less than a fine-tuning that looks at the validation rows after each epoch", async () => {
    const model = await loadTiny();
    const { trial } = trialCosts(model, [-1, 0, 1, 2, 3], rows(60), rows(30), settings);
    const costs = [-1, 0, 1, 2, 3].map(trial);
    assert.deepEqual(
      costs.toSorted((a, b) => b - a),
      costs,
    );
    // 60 rows three times forward and back, and 30 rows once; with three looks 30 rows three times.
    assert.ok(Math.abs(costs[0] - (540 + 30) / (540 + 90)) < 1e-12);
    model.dispose();
  });

  it("counts the last block of a head that reads the class token less than the others", async () => {
    const model = await loadTiny();
    const { trial } = trialCosts(model, [1, 2, 3], rows(60), rows(30), settings);
    const [block, last] = [trial(1) - trial(2), trial(2) - trial(3)];
    assert.ok(Math.abs(last / block - 1 / 6) < 1e-9);
    model.dispose();
  });

  it("has one forward through the deepest frozen part for all trials together", async () => {
    const model = await loadTiny();
    const { features } = trialCosts(model, [-1, 0, 3], rows(60), rows(30), settings);
    // 90 rows once of 540 + 90 forwards, without the head.
    assert.ok(features < 90 / 630 && features > 0.95 * (90 / 630));
    assert.equal(trialCosts(model, [-1], rows(60), rows(30), settings).features, 0);
    model.dispose();
  });

  it("counts the forward from one depth's features to another's, which together are that from the rows", async () => {
    const model = await loadTiny();
    const { pass, features } = trialCosts(model, [-1, 0, 1, 2, 3], rows(60), rows(30), settings);
    assert.ok(Math.abs(pass(1, null) + pass(2, 1) + pass(3, 2) - features) < 1e-12);
    // A block of the 90 rows of 540 + 90 forwards of three, of which the last hardly counts: the head reads the class token.
    assert.ok(Math.abs(pass(2, 1) - 90 / (630 * (0.15 + 2 + 1 / 6 + 0.03))) < 1e-12);
    assert.deepEqual([pass(-1, null), pass(2, 2)], [0, 0]);
    model.dispose();
  });

  it("counts the forward with each trial where nothing is shared: in half precision, with dropout in the frozen part", async () => {
    const model = await loadTiny();
    const costs = (more: object) =>
      trialCosts(model, [-1, 2, 3], rows(60), rows(30), { ...settings, ...more });
    const plain = costs({});
    for (const more of [{ precision: "bf16" }, { frozenDropout: true }]) {
      assert.equal(costs(more).features, 0);
      assert.equal(costs(more).pass(3, null), 0);
      assert.ok(costs(more).trial(3) > plain.trial(3) + 0.5 * plain.features);
      assert.equal(costs(more).trial(-1), plain.trial(-1));
    }
    assert.ok(costs({ frozenDropout: true }).trial(3) > costs({ precision: "bf16" }).trial(3));
    model.dispose();
  });

  it("counts every look at the validation rows where epochs are chosen by them", async () => {
    const model = await loadTiny();
    const { trial } = trialCosts(model, [-1], rows(60), rows(30), { ...settings, restoreBest: true });
    assert.ok(Math.abs(trial(-1) - 1) < 1e-12);
    // 60 rows are 8 batches of 8, 4 steps of 2: twice an epoch are 3 looks more than once, of half as many rows, at a third of a step.
    const often = { ...settings, restoreBest: true, evalEvery: 0.5 };
    const twice = trialCosts(model, [-1], rows(60), rows(30), often).trial(-1);
    assert.ok(Math.abs(twice - (1 + (3 * 30) / (3 * 60 * 3 + 3 * 30))) < 1e-12, String(twice));
    const unjudged = { ...settings, evalEvery: 0.5 };
    assert.ok(trialCosts(model, [-1], rows(60), rows(30), unjudged).trial(-1) < 1);
    model.dispose();
  });

  for (const family of ["bert", "albert", "distilbert"])
    it(`knows how many stages each depth freezes: ${family}`, async () => {
      const model = await loadTiny(join(__dirname, "../fixtures/models", family));
      const depths = [-1, ...model.depths];
      const { stages } = trialCosts(model, depths, rows(4), rows(4), settings);
      for (const n of depths) {
        unfreezeWhere(model, () => true);
        if (n >= 0) topNLayerFreeze(model, n);
        assert.equal(stages(n), frostLine(model.stages));
      }
      model.dispose();
    });

  it("counts nothing of one set of weights that all blocks share apart: all are frozen together", async () => {
    const model = await loadTiny(join(__dirname, "../fixtures/models/albert"));
    const { trial } = trialCosts(model, [-1, ...model.depths], rows(60), rows(30), settings);
    assert.ok(trial(model.depths.at(-1)!) < 0.1);
    model.dispose();
  });
});
