import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { csvText } from "../../src/data/csvText";
import type { Labels } from "../../src/data/labels";
import { outOfFoldTable } from "../../src/sweep/outOfFoldTable";
import { readOutOfFold } from "../../src/sweep/readOutOfFold";

const folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
after(() => rmSync(folder, { recursive: true }));

/** Rows 0, 1 and 2 of folds 1, 0 and 1. */
const said = (...outputs: number[]) => ({
  rows: Int32Array.of(0, 1, 2),
  folds: Int32Array.of(1, 0, 1),
  probabilities: Float32Array.from(outputs),
});

const written = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const toxic: Labels = {
  problemType: "multi_label_classification",
  classes: ["toxic", "label"],
  values: Float32Array.of(1, 1, 0, 0, 0, 1),
};

test("Several labels a row stand in one cell, with a column for each, whatever they are called", async () => {
  const outputs = said(0.5, 0.1, 1 / 3, 1e-30, 2 / 3, 0.49999997);
  const path = written("labels.csv", csvText(outOfFoldTable(outputs, toxic, null)));
  assert.deepEqual(readFileSync(path, "utf8").split("\n"), [
    "row,fold,label,toxic,label",
    "0,1,toxic label,0.5,0.1",
    "1,0,,0.33333334,1e-30",
    "2,1,label,0.6666667,0.49999997",
    "",
  ]);
  const read = await readOutOfFold(path, { labels: toxic });
  assert.deepEqual(read, { ...outputs, labels: ["toxic", "", "toxic"] });
});

test("Every float32 is read back to the bit", async () => {
  const bits = Float32Array.from({ length: 3 * 400 }, (_, i) =>
    Math.fround(Math.sin(i) * 10 ** ((i % 60) - 30)),
  );
  const targets: Labels = {
    problemType: "regression",
    classes: Array.from({ length: 400 }, (_, c) => `t${c}`),
    values: bits,
  };
  const path = written("bits.csv", csvText(outOfFoldTable(said(...bits), targets, null)));
  assert.deepEqual((await readOutOfFold(path, { labels: targets })).probabilities, bits);
});

test("A regression has one column, its values as they are, and rows may be in any order", async () => {
  const labels: Labels = { problemType: "regression", values: Float32Array.of(1.5, -2, 1e6) };
  const [header, ...lines] = outOfFoldTable(said(1.25, 0.1, 7), labels, ["b", "a", "c"]);
  assert.deepEqual(lines[0], ["b", "1", "1.5", "1.25"]);
  assert.deepEqual(header, ["id", "fold", "label", "prediction"]);
  const path = written("turned.csv", csvText([header, ...lines.reverse()]));
  const read = await readOutOfFold(path, { labels, ids: ["b", "a", "c"] });
  assert.deepEqual([...read.folds], [1, 0, 1]);
  assert.deepEqual(read.labels, ["1.25", "0.10000000149011612", "7"]);
  const part = written("part.csv", csvText([header, lines[0]]));
  assert.deepEqual((await readOutOfFold(part, { labels, ids: ["b", "a", "c"] })).rows, Int32Array.of(2));
});

test("A file of other columns, rows, labels or numbers is refused by file, row and column", async () => {
  const refused = async (text: string, message: string) =>
    assert.rejects(readOutOfFold(written("wrong.csv", text), { labels: toxic }), {
      name: "InputError",
      message: `${join(folder, "wrong.csv")}${message}`,
    });
  const header = "row,fold,label,toxic,label\n";
  await refused(
    "row,fold,label,label,toxic\n0,1,,1,1\n",
    ": expected the columns row, fold, label, toxic, label.1, got row, fold, label, label.1, toxic",
  );
  await refused(`${header}3,1,,1,1\n`, ', row 1, column "row": expected a row from 0 to 2, got "3"');
  await refused(`${header}1,0,,1,1\n1,0,,1,1\n`, ', row 2, column "row": expected each row once, got "1"');
  await refused(`${header}1,x,,1,1\n`, ', row 1, column "fold": expected a fold\'s number, got "x"');
  await refused(
    `${header}1,0,toxic,1,1\n`,
    ', row 1, column "label": expected "", the label of this row in the dataset, got "toxic"',
  );
  await refused(`${header}1,0,,,1\n`, ', row 1, column "toxic": expected a number, got ""');
  await assert.rejects(readOutOfFold(join(folder, "wrong.csv"), { labels: null }), {
    message: "readOutOfFold: expected rows with labels, got none",
  });
});
