import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type TableFile, TRAIN, tableFiles, VALID } from "../data/banking-intents/tableFiles";
import { csvText } from "../src/data/csvText";
import { type Row, readTable } from "../src/data/readTable";

const folder = join(__dirname, "../data/banking-intents");
const rowsOf = async (name: TableFile) => (await readTable(join(folder, name))).rows;
const idsOf = (rows: Row[]) => rows.map(({ id }) => id);

describe("the bundled table", () => {
  const published = process.env.FROSTKIT_BANKING77;
  const skip =
    published === undefined && "FROSTKIT_BANKING77 names no folder of Banking77's train.csv and test.csv";

  test("is, byte for byte, what its script makes of the published files", { skip }, async () => {
    const files = await tableFiles(join(published!, "train.csv"), join(published!, "test.csv"));
    for (const [name, text] of Object.entries(files))
      assert.equal(readFileSync(join(folder, name), "utf8"), text, name);
  });

  test("has Kaggle's files and columns, and no target where a submission is to be made", async () => {
    for (const [name, columns, count] of [
      ["train.csv", ["id", "text", "target"], 600],
      ["valid.csv", ["id", "text", "target"], 1080],
      ["test.csv", ["id", "text"], 903],
      ["sample_submission.csv", ["id", "target"], 903],
      ["test_answers.csv", ["id", "target"], 903],
    ] as const) {
      const rows = await rowsOf(name);
      assert.deepEqual([Object.keys(rows[0]), rows.length], [columns, count], name);
    }
  });

  test("numbers its rows through, and submission and answers name the rows of the test set", async () => {
    const tested = idsOf(await rowsOf("test.csv"));
    const all = [...idsOf(await rowsOf("train.csv")), ...idsOf(await rowsOf("valid.csv")), ...tested];
    assert.deepEqual(
      all,
      all.map((_, i) => String(i + 1)),
    );
    assert.deepEqual(idsOf(await rowsOf("sample_submission.csv")), tested);
    assert.deepEqual(idsOf(await rowsOf("test_answers.csv")), tested);
  });

  test("holds no text twice, neither within a part nor across parts, case and punctuation set aside", async () => {
    const rows = [
      ...(await rowsOf("train.csv")),
      ...(await rowsOf("valid.csv")),
      ...(await rowsOf("test.csv")),
    ];
    const words = rows.map(({ text }) =>
      text
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu)!
        .join(" "),
    );
    assert.equal(new Set(words).size, rows.length);
  });

  test("is balanced from the start: every twelve rows to train on or validate with are of twelve intents", async () => {
    for (const name of ["train.csv", "valid.csv"] as const) {
      const targets = (await rowsOf(name)).map(({ target }) => target);
      for (let row = 0; row < targets.length; row += 12)
        assert.equal(new Set(targets.slice(row, row + 12)).size, 12, `${name}, from row ${row} on`);
    }
  });

  test("has the same intents in every part that names them", async () => {
    const intents = async (name: TableFile) =>
      [...new Set((await rowsOf(name)).map(({ target }) => target))].sort();
    const train = await intents("train.csv");
    assert.equal(train.length, 12);
    assert.deepEqual(await intents("valid.csv"), train);
    assert.deepEqual(await intents("test_answers.csv"), train);
    assert.deepEqual(await intents("sample_submission.csv"), [train[0]]);
  });
});

describe("how the table is made", () => {
  const made = mkdtempSync(join(tmpdir(), "frostkit-table-"));
  after(() => rmSync(made, { recursive: true }));
  const [training, testing] = ["train.csv", "test.csv"].map((name) => join(made, name));
  const question = (intent: number, i: number): string[] => [
    `question ${i} of ${intent}`,
    `intent_${intent}`,
  ];
  const write = (path: string, rows: string[][]) =>
    writeFileSync(path, csvText([["text", "category"], ...rows]));
  const many = (count: (intent: number) => number) =>
    Array.from({ length: 13 }, (_, intent) =>
      Array.from({ length: count(intent) }, (_, i) => question(intent, i)),
    ).flat();

  test("of 13 intents the most frequent 12 are taken, and rows published as test rows are in the test set only", async () => {
    write(
      training,
      many((intent) => TRAIN + VALID + (intent === 3 ? 0 : 2)),
    );
    write(testing, [
      ...many(() => 1).map(([text, intent]) => [`Test ${text}`, intent]),
      ["Question 0, of 1!", "intent_1"],
    ]);
    const files = await tableFiles(training, testing);
    assert.equal(files["train.csv"].split("\n").length, 1 + 12 * TRAIN + 1);
    assert.equal(files["valid.csv"].split("\n").length, 1 + 12 * VALID + 1);
    // Two of each that training and validation leave over and one published for testing; the repeated text is left out.
    assert.equal(files["test.csv"].split("\n").length, 1 + 12 * 3 + 1);
    assert.doesNotMatch(Object.values(files).join(), /intent_3\b/);
    assert.doesNotMatch(files["train.csv"] + files["valid.csv"], /Test/);
    assert.doesNotMatch(files["test.csv"], /intent_/);
  });

  test("a table of other columns, or one too short, is refused by name", async () => {
    write(
      training,
      many(() => 3),
    );
    await assert.rejects(
      tableFiles(training, testing),
      /train\.csv: expected 140 rows of intent_0 or more, got 3/,
    );
    writeFileSync(testing, "text,label\na,b\n");
    await assert.rejects(
      tableFiles(training, testing),
      /test\.csv: expected .* text and category, got text, label/,
    );
  });
});

test("The encoder's origin and licence are told beside it", () => {
  const encoder = join(__dirname, "../data/all-MiniLM-L6-v2");
  assert.ok(existsSync(join(encoder, "LICENSE.txt")));
  assert.match(readFileSync(join(encoder, "README.md"), "utf8"), /Apache-2\.0/);
});
