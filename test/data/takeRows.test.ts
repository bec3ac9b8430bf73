import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import type { Labels } from "../../src/data/labels";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { takeRows } from "../../src/data/takeRows";
import { textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { imagesOf } from "./images";

const bert = join(__dirname, "../fixtures/tokenizer/bert-base-uncased");

const dataset = () =>
  textDataset(
    {
      path: "train.csv",
      columns: ["text", "other", "id", "y", "z"],
      rows: ["ice", "snow on the roof of the house", "frost"].map((text, i) => ({
        text,
        other: text.toUpperCase(),
        id: `${i}`,
        y: `${i % 2}`,
        z: "1",
      })),
    },
    { pair: "other", id: "id", label: "y" },
  );

test("Rows taken out of tokenized ones are those that tokenizing the taken rows gives, hash and all", async () => {
  const tokenizer = await loadTokenizer(bert);
  const whole = await tokenize(dataset(), tokenizer, { maxLength: 8 });
  assert.equal(whole.truncated, 1);
  for (const rows of [[2, 0], [1], Int32Array.of(1, 1, 2), []])
    assert.deepEqual(
      takeRows(whole, rows),
      await tokenize(takeRows(dataset(), rows), tokenizer, { maxLength: 8 }),
    );
  const unlabelled = { ...whole, labels: null, tokenTypeIds: null };
  const { labels, tokenTypeIds } = takeRows(unlabelled, [0]);
  assert.deepEqual([labels, tokenTypeIds], [null, null]);
});

test("Every kind of labels is taken along", async () => {
  const whole = await tokenize(dataset(), await loadTokenizer(bert));
  const of = (labels: Labels) => takeRows({ ...whole, labels }, [2, 0]).labels;
  const multi = { problemType: "multi_label_classification", classes: ["a", "b"] } as const;
  assert.deepEqual(of({ ...multi, classes: ["a", "b"], values: Float32Array.of(0, 1, 0, 0, 1, 1) }), {
    ...multi,
    values: Float32Array.of(1, 1, 0, 1),
  });
  assert.deepEqual(of({ problemType: "regression", values: Float32Array.of(1, 2, 3) }), {
    problemType: "regression",
    values: Float32Array.of(3, 1),
  });
});

test("Encoded images are taken with what their random views are cut out of", async () => {
  const folder = await imagesOf("taken", { red: [200, 0, 0], blue: [0, 0, 200] }, { count: 2 });
  const rows = await imageFolder(folder);
  const transform = {
    size: 8,
    cropPct: 1,
    interpolation: "bilinear",
    mean: [0, 0, 0],
    std: [1, 1, 1],
  } as const;
  const how = { ...transform, mean: [...transform.mean], std: [...transform.std] };
  for (const augment of [undefined, {}])
    assert.deepEqual(
      takeRows(await encodeImages(rows, how, { augment }), [3, 0]),
      await encodeImages(takeRows(rows, [3, 0]), how, { augment }),
    );
});

test("A row that is not there and what holds no rows are refused", async () => {
  const whole = await tokenize(dataset(), await loadTokenizer(bert));
  assert.throws(() => takeRows(whole, [3]), { message: "row: expected an integer from 0 to 2, got 3" });
  assert.throws(() => takeRows({ rows: [] } as never, [0]), {
    name: "InputError",
    message:
      'takeRows: dataset: expected rows as textDataset, imageFolder, tokenize or encodeImages give them, got {"rows":[]}',
  });
});
