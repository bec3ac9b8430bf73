import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { csvText } from "../../src/data/csvText";
import { cutTable } from "./cutTable";

function table(t: TestContext, texts: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-cut-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "rows.csv");
  writeFileSync(
    file,
    csvText([["text", "target"], ...texts.map((text, row) => [text, row % 2 ? "odd" : "even"])]),
  );
  return file;
}

const texts = (count: number, from = 0) => Array.from({ length: count }, (_, row) => `text ${from + row}`);

const cut = (train: string, which: { rows: number; validRows: number; split: number }, valid?: string) =>
  cutTable({
    train,
    valid,
    text: "text",
    label: "target",
    search: { ...which, seeds: [0], folder: "", policy: "" },
  });

test("Rows to train on and to judge by are drawn by the split's seed, and share no text.", async (t) => {
  const file = table(t, [...texts(60), ...texts(20)]);
  const which = { rows: 30, validRows: 20, split: 0 };
  const first = await cut(file, which);
  assert.equal(new Set([...first.train.texts, ...first.valid.texts]).size, 50);
  assert.deepEqual((await cut(file, which)).train.texts, first.train.texts);
  assert.notDeepEqual((await cut(file, { ...which, split: 1 })).train.texts, first.train.texts);
});

test("More rows to train on hold those of fewer, and the rows to judge by stay.", async (t) => {
  const file = table(t, texts(80));
  const [few, many] = await Promise.all([10, 40].map((rows) => cut(file, { rows, validRows: 20, split: 3 })));
  assert.deepEqual(few.valid.texts, many.valid.texts);
  assert.ok(few.train.texts.every((text) => many.train.texts.includes(text)));
});

test("A table of its own to judge by gives those rows, less texts that may be trained on, with the same classes.", async (t) => {
  const [train, valid] = [table(t, texts(40)), table(t, texts(40, 30))];
  const { train: ours, valid: theirs } = await cut(train, { rows: 40, validRows: 25, split: 0 }, valid);
  assert.equal(ours.texts.length, 40);
  assert.equal(theirs.texts.length, 25);
  assert.ok(theirs.texts.every((text) => !ours.texts.includes(text)));
  const classes = ({ labels }: typeof ours) => labels && "classes" in labels && labels.classes;
  assert.deepEqual(classes(theirs), classes(ours));
});

test("A table with fewer rows than asked for is refused.", async (t) => {
  const file = table(t, texts(40));
  await assert.rejects(cut(file, { rows: 30, validRows: 20, split: 0 }), {
    message: `${file}: expected 30 rows to train on besides 20 to judge by, got 20`,
  });
});
