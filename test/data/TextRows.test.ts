import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { takeRows } from "../../src/data/takeRows";
import { textDataset } from "../../src/data/textDataset";
import { type EncodedDataset, tokenize } from "../../src/data/tokenize";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { adaptToTexts } from "../../src/training/adaptToTexts";
import { evaluate } from "../../src/training/evaluate";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { loadTiny, toyRows } from "../training/toyData";

const bert = join(__dirname, "../fixtures/tokenizer/bert-base-uncased");
const folder = mkdtempSync(join(tmpdir(), "frostkit-reading-"));
after(() => rmSync(folder, { recursive: true }));

/** Toy rows that say how they were read. */
const read = (pair: string | null, maxLength = 32, text = "premise") => ({
  ...toyRows(12),
  maxLength,
  readAs: { text, pair, label: ["target"], maxLength },
});

describe("How rows were read", () => {
  before(() => useEngine("onnxruntime"));

  it("goes from columns to tokens, and along with taken rows", async () => {
    const rows = ["ice", "snow"].map((text) => ({ a: text, b: "cold", y: text }));
    const dataset = textDataset(
      { path: "t.csv", columns: ["a", "b", "y"], rows },
      { text: "a", pair: "b", label: "y" },
    );
    const encoded = await tokenize(takeRows(dataset, [1]), await loadTokenizer(bert), { maxLength: 16 });
    const readAs = { text: "a", pair: "b", label: ["y"], maxLength: 16 };
    assert.deepEqual(encoded.readAs, readAs);
    assert.deepEqual(takeRows(encoded, [0]).readAs, readAs);
  });

  it("is saved with what was trained on it, and is what its tokenizer cuts to from then on", async () => {
    const model = await loadTiny();
    assert.equal(model.trainedOn, null);
    await fineTune(model, { train: read("hypothesis", 24) }, { epochs: 1 });
    const trainedOn = { text: "premise", pair: "hypothesis", label: ["target"], maxLength: 24 };
    assert.deepEqual(model.trainedOn, trainedOn);
    const saved = join(folder, "model");
    await model.savePretrained(saved);
    const config = JSON.parse(readFileSync(join(saved, "config.json"), "utf8"));
    assert.deepEqual(config.frostkit_trained_on, trainedOn);
    const again = await loadTiny(saved);
    assert.deepEqual(again.trainedOn, trainedOn);
    assert.ok(!("frostkit_trained_on" in again.config));
    copyFileSync(join(bert, "vocab.txt"), join(saved, "vocab.txt"));
    assert.equal((await loadTokenizer(saved)).maxSeqLength, 24);
    writeFileSync(
      join(saved, "config.json"),
      JSON.stringify({ ...config, frostkit_trained_on: { text: 3 } }),
    );
    await assert.rejects(loadTiny(saved), {
      name: "InputError",
      message:
        /^config\.json: frostkit_trained_on: expected text, pair, label and maxLength .*got \{"text":3\}/,
    });
    for (const each of [model, again]) each.dispose();
  });

  it("is compared by predict and evaluate: what the model would read otherwise is refused", async () => {
    const model = await loadTiny();
    const refused = async (rows: ReturnType<typeof toyRows>, message: RegExp) => {
      for (const [name, says] of [
        ["predict", predict],
        ["evaluate", evaluate],
      ] as const)
        await assert.rejects(says(model, rows), {
          name: "InputError",
          message: new RegExp(`^${name}: the model was trained on ${message.source}`),
        });
    };
    const pairs = /pairs of "premise" and "hypothesis", these rows have one text, "premise"; name/;
    await fineTune(model, { train: read("hypothesis") }, { epochs: 1 });
    await refused(read(null), pairs);
    await refused(read("premise", 32, "hypothesis"), /"premise" followed by "hypothesis", these .* swap/);
    await predict(model, read("second", 32, "first")); // other names for the same
    await predict(model, toyRows(12)); // nothing known
    model.trainedOn = { ...read(null, 12).readAs };
    await refused(
      read("hypothesis", 12),
      /single texts, these rows have a second one in "hypothesis"; leave/,
    );
    await refused(read(null, 32), /texts of up to 12 tokens, these rows have up to 32; tokenize .*: 12/);
    await refused({ ...toyRows(12), maxLength: 8, truncated: 1 }, /texts of up to 12 tokens, .* up to 8;/);
    // Where no row is cut otherwise the limit says nothing.
    const short = { ...read(null, 32), inputIds: toyRows(12).inputIds.map((ids) => ids.slice(0, 5)) };
    await predict(model, short);
    await predict(model, { ...short, maxLength: 8, truncated: 0 });
    model.dispose();
  });

  it("is of the last training alone, so that rows made by hand leave none behind", async () => {
    const model = await loadTiny();
    await fineTune(model, { train: read("hypothesis") }, { epochs: 1 });
    assert.equal(model.trainedOn?.pair, "hypothesis");
    await fineTune(model, { train: toyRows(12) }, { epochs: 1 });
    assert.equal(model.trainedOn, null);
    await predict(model, read(null));
    model.dispose();
  });

  it("is left as it was by a sweep", async () => {
    const model = await loadTiny();
    const rows = read("hypothesis");
    await freezeSweep(
      model,
      { train: rows, valid: rows },
      { n: [3], epochs: 1, out: join(folder, "sweep"), log: () => {} },
    );
    assert.equal(model.trainedOn, null);
    model.dispose();
  });
});

describe("Rows written by hand", () => {
  before(() => useEngine("onnxruntime"));

  it("are refused where a field is missing or of no use, by the field's name", async () => {
    const model = await loadTiny();
    const refused = (fields: object, message: string) =>
      assert.throws(() => fineTune(model, { train: { ...toyRows(4), ...fields } }), {
        name: "InputError",
        message: `train: ${message}`,
      });
    for (const padTokenId of [undefined, null, -1, 0.5, "0"])
      refused(
        { padTokenId },
        `padTokenId: expected an integer of at least 0, as tokenize gives it, got ${JSON.stringify(padTokenId)}`,
      );
    refused(
      { maxLength: undefined },
      "maxLength: expected an integer of at least 1, as tokenize gives it, got undefined",
    );
    const gap = { ...toyRows(4), inputIds: [[2, 10, 3], null, [2, 3], [2, 3]] };
    assert.throws(() => fineTune(model, { train: gap as never }), {
      name: "InputError",
      message: /^data\.train: expected a dataset, as `tokenize` or `encodeImages` gives it, got/,
    });
    refused(
      { inputIds: toyRows(4).inputIds.map(() => [2, 10.5, 3]) },
      "this model knows token ids below 120, row 0 has 10.5; tokenize with the model's own tokenizer",
    );
    model.dispose();
  });

  it("train, predict, fold and adapt without the fields that only tell of them, as those with every field do", async () => {
    const outcome = async (rows: EncodedDataset) => {
      const model = await loadTiny();
      topNLayerFreeze(model, 1);
      const folds = { train: takeRows(rows, [0, 2, 4, 6, 8, 10]), valid: takeRows(rows, [1, 3, 5]) };
      const { epochs } = await fineTune(model, folds, { epochs: 2, batchSize: 4 });
      const { probabilities } = await predict(model, rows);
      const { losses } = await adaptToTexts(model, rows, { maskTokenId: 4 });
      model.dispose();
      return {
        losses,
        probabilities,
        epochs: epochs.map(({ trainLoss, validLoss }) => [trainLoss, validLoss]),
      };
    };
    const { inputIds, labels, padTokenId, maxLength } = toyRows(12);
    const few = { inputIds, labels, padTokenId, maxLength } as EncodedDataset;
    assert.deepEqual(await outcome(few), await outcome(toyRows(12)));
  });
});
