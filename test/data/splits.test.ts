import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { groupKFold, type Split, stratifiedKFold, trainValidSplit } from "../../src/data/splits";
import type { Labels, TextDataset } from "../../src/data/textDataset";
import { Random } from "../../src/random";

/** Rows of distinct texts, `counts[c]` of class c, classes interleaved. */
function dataset(counts: number[]): TextDataset {
  const left = [...counts];
  const ids: number[] = [];
  while (left.some((count) => count > 0)) for (const c of left.keys()) if (left[c]-- > 0) ids.push(c);
  const labels: Labels = {
    problemType: "single_label_classification",
    classes: counts.map((_, c) => `class ${c}`),
    ids: Int32Array.from(ids),
  };
  return { source: "train.csv", texts: ids.map((_, row) => `text ${row}`), pairs: null, labels, ids: null };
}

const unlabelled = (texts: string[], pairs: string[] | null = null): TextDataset => ({
  source: "test.csv",
  texts,
  pairs,
  labels: null,
  ids: null,
});

const count = (data: TextDataset, rows: Int32Array, id: number) =>
  rows.filter(
    (row) => data.labels?.problemType === "single_label_classification" && data.labels.ids[row] === id,
  ).length;

function assertPartition(splits: Split[], rows: number): void {
  for (const { train, valid } of splits) {
    const all = [...train, ...valid].sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: rows }, (_, row) => row),
      "every row on one side",
    );
    assert.deepEqual(
      [...train],
      [...train].sort((a, b) => a - b),
      "train ascends",
    );
    assert.deepEqual(
      [...valid],
      [...valid].sort((a, b) => a - b),
      "valid ascends",
    );
  }
}

test("A fifth of the rows is set aside unless said otherwise, each class by its share", () => {
  const data = dataset([60, 30, 10]);
  const split = trainValidSplit(data, { seed: 0 });
  assertPartition([split], 100);
  assert.deepEqual(
    [0, 1, 2].map((id) => count(data, split.valid, id)),
    [12, 6, 2],
  );
  const third = trainValidSplit(data, { seed: 0, validFraction: 0.3 });
  assert.deepEqual(
    [0, 1, 2].map((id) => count(data, third.valid, id)),
    [18, 9, 3],
  );
});

test("Rows that do not divide evenly are made up for by later classes, so that the whole keeps its share", () => {
  const data = dataset(new Array(50).fill(3));
  const split = trainValidSplit(data, { seed: 0 });
  assert.equal(split.valid.length, 30);
  for (let id = 0; id < 50; id++) assert.ok(count(data, split.train, id) >= 2, `class ${id} is trained on`);
});

test("The same seed splits alike, another seed otherwise", () => {
  const data = dataset([50, 50]);
  const first = trainValidSplit(data, { seed: 1 });
  assert.deepEqual(trainValidSplit(data, { seed: 1 }), first);
  assert.notDeepEqual(trainValidSplit(data, { seed: 2 }), first);
  assert.deepEqual(stratifiedKFold(data, { seed: 1 }), stratifiedKFold(data, { seed: 1 }));
  assert.notDeepEqual(stratifiedKFold(data, { seed: 2 }), stratifiedKFold(data, { seed: 1 }));
  assert.deepEqual(groupKFold(data.texts, { seed: 1 }), groupKFold(data.texts, { seed: 1 }));
  assert.notDeepEqual(groupKFold(data.texts, { seed: 2 }), groupKFold(data.texts, { seed: 1 }));
});

test("Over many seeds every row is validated on about as often as any other", () => {
  const data = dataset([12, 8]);
  const seen = new Int32Array(20);
  for (let seed = 0; seed < 400; seed++) for (const row of trainValidSplit(data, { seed }).valid) seen[row]++;
  assert.ok(
    seen.every((times) => times > 50 && times < 110),
    `80 expected of each, got ${seen}`,
  );
});

test("Rows of identical text stay on one side, even where their labels differ", () => {
  const data = dataset([30, 20]);
  for (const row of [3, 17, 40]) data.texts[row] = "the same tweet";
  for (const row of [8, 9]) data.texts[row] = "another one";
  for (let seed = 0; seed < 20; seed++) {
    const { train, valid } = trainValidSplit(data, { seed });
    const trained = new Set(Array.from(train, (row) => data.texts[row]));
    assert.ok(valid.every((row) => !trained.has(data.texts[row])));
    assert.ok(Math.abs(valid.length - 10) <= 1);
  }
});

test("Texts with different second texts are different rows", () => {
  const alone = trainValidSplit(unlabelled(["a", "a", "a", "b"]), { seed: 0, validFraction: 0.25 });
  assert.deepEqual(alone.valid, Int32Array.of(3));
  const pairs = unlabelled(["a", "a", "a", "a"], ["1", "2", "3", "4"]);
  assert.equal(trainValidSplit(pairs, { seed: 0, validFraction: 0.5 }).valid.length, 2);
});

test("A class with a single text is trained on", () => {
  const data = dataset([40, 1]);
  for (let seed = 0; seed < 10; seed++)
    assert.equal(count(data, trainValidSplit(data, { seed, validFraction: 0.6 }).train, 1), 1);
});

test("Regression and unlabelled rows are dealt at random", () => {
  const values = Float32Array.from({ length: 40 }, (_, row) => row / 7);
  const data = {
    ...unlabelled(Array.from(values, (v) => `text ${v}`)),
    labels: { problemType: "regression", values } as Labels,
  };
  const split = trainValidSplit(data, { seed: 3 });
  assertPartition([split], 40);
  assert.equal(split.valid.length, 8);
  assert.notDeepEqual([...split.valid], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(trainValidSplit({ ...data, labels: null }, { seed: 3 }), split);
});

test("A split that leaves one side empty is an error with the true reason and what to do", () => {
  const refused = (data: TextDataset, validFraction: number, message: string | RegExp) =>
    assert.throws(() => trainValidSplit(data, { seed: 0, validFraction }), { name: "InputError", message });
  const own = ", or name rows of their own to validate on (--valid)";
  refused(
    dataset([2, 2]),
    0.01,
    `validFraction 0.01: expected rows on both sides, got none in valid out of 4 rows: its share of the 4 that may be on either side is less than one row; take 0.25 or more${own}`,
  );
  refused(dataset([2, 2]), 0, /got none in valid out of 4 rows: its share .*; take 0.25 or more,/);
  refused(
    dataset([2, 2]),
    1,
    /got none in train out of 4 rows: its share .* less than one row; take 0.75 or less,/,
  );
  refused(
    unlabelled(["a", "a"]),
    0.2,
    `validFraction 0.2: expected rows on both sides, got none in valid out of 2 rows: all are the same text, which stays on one side; add others${own}`,
  );
  refused(unlabelled(["a"]), 0.2, /out of 1 row: one row cannot be split; add others,/);
  refused(
    dataset([1, 1, 1]),
    0.5,
    /out of 3 rows: each class has a single text, which is trained on; add rows,/,
  );
  const two = unlabelled(Array.from({ length: 100 }, (_, row) => (row < 60 ? "a" : "b")));
  refused(
    two,
    0.2,
    /: rows of the same text stay on one side, and 40 of them or more come together, too many for a share of 20; take 0.4 or more,/,
  );
  assert.throws(
    () => trainValidSplit(dataset([5, 5]), { seed: 0, validFraction: 20 }),
    /validFraction: expected a number from 0 to 1, got 20/,
  );
  assert.throws(() => trainValidSplit(dataset([5, 5]), { seed: 0.5 }), /seed: expected an integer/);
});

test("Whoever takes the share that the error advises gets a split", () => {
  const random = new Random(0, "advice");
  let advised = 0;
  for (let i = 0; i < 400; i++) {
    const data = dataset(Array.from({ length: 1 + random.integer(3) }, () => 1 + random.integer(9)));
    data.texts = data.texts.map((text) => (random.uniform() < 0.7 ? `${text[0]}${random.integer(2)}` : text));
    const validFraction = random.uniform();
    try {
      trainValidSplit(data, { validFraction });
    } catch (error) {
      const [, share] = /; take ([\d.]+) or /.exec((error as Error).message) ?? [];
      if (share === undefined) continue;
      advised++;
      const { train, valid } = trainValidSplit(data, { validFraction: Number(share) });
      assert.ok(train.length > 0 && valid.length > 0);
    }
  }
  assert.ok(advised > 30, `${advised} were advised`);
});

test("Stratified folds validate on every row once, each class evenly", () => {
  const data = dataset([50, 23, 7]);
  const folds = stratifiedKFold(data, { seed: 0 });
  assert.equal(folds.length, 5);
  assertPartition(folds, 80);
  assert.deepEqual(
    folds.flatMap(({ valid }) => [...valid]).sort((a, b) => a - b),
    [...Array(80).keys()],
  );
  for (const { valid } of folds) {
    assert.equal(valid.length, 16);
    assert.equal(count(data, valid, 0), 10);
    assert.ok([4, 5].includes(count(data, valid, 1)));
    assert.ok([1, 2].includes(count(data, valid, 2)));
  }
});

test("Rows of identical text share a stratified fold", () => {
  const data = dataset([30, 30]);
  for (const row of [0, 10, 20, 30]) data.texts[row] = "again";
  for (const { valid } of stratifiedKFold(data, { folds: 3, seed: 5 }))
    assert.ok([0, 4].includes(valid.filter((row) => data.texts[row] === "again").length));
});

test("Stratified folds need labels, and the error says what to use instead", () => {
  assert.throws(() => stratifiedKFold(unlabelled(["a", "b"]), { seed: 0 }), {
    name: "InputError",
    message: "stratifiedKFold: expected labels, got none; use groupKFold(dataset.texts, …)",
  });
});

/** Rows of distinct texts with these labels. */
const labelled = (labels: Labels, rows: number): TextDataset => ({
  ...unlabelled(Array.from({ length: rows }, (_, row) => `text ${row}`)),
  labels,
});

const severalLabels = (rows: number[][]): Labels => ({
  problemType: "multi_label_classification",
  classes: rows[0].map((_, c) => `label ${c}`),
  values: Float32Array.from(rows.flat()),
});

/** As `spread` of test/fixtures/folds/make.py: the standard deviation of a label's share over the folds, averaged over the labels. */
function spread(folds: Split[], has: number[][]): number {
  const deviations = has[0].flatMap((_, c) => {
    const total = has.reduce((sum, row) => sum + row[c], 0);
    const shares = folds.map(({ valid }) => valid.reduce((sum, row) => sum + has[row][c], 0) / total);
    const squares = shares.reduce((sum, share) => sum + (share - 1 / folds.length) ** 2, 0);
    return total === 0 ? [] : Math.sqrt(squares / folds.length);
  });
  return mean(deviations);
}

const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;

const oneHot = (ids: number[]) =>
  ids.map((id) => Array.from({ length: Math.max(...ids) + 1 }, (_, c) => +(c === id)));

interface Expected {
  grouped: { folds: number; groups: number[]; ids: number[]; stratifiedGroupKFold: number }[];
  labelled: { folds: number; rows: string[]; multilabelStratifiedKFold: number; kFold: number }[];
}

const expected: Expected = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/folds/expected.json"), "utf8"),
);

function assertFolds(folds: Split[], rows: number): void {
  assertPartition(folds, rows);
  assert.deepEqual(
    folds.flatMap(({ valid }) => [...valid]).sort((a, b) => a - b),
    [...Array(rows).keys()],
    "every row is validated on once",
  );
}

test("Of several labels a row each is dealt as evenly as the usual package deals them or more so, and far more than by chance", () => {
  const ours: number[] = [];
  for (const { folds, rows, kFold, multilabelStratifiedKFold } of expected.labelled) {
    const has = rows.map((row) => [...row].map(Number));
    const dealt = stratifiedKFold(labelled(severalLabels(has), has.length), { folds, seed: 0 });
    assert.equal(dealt.length, folds);
    assertFolds(dealt, has.length);
    const uneven = spread(dealt, has);
    assert.ok(
      uneven <= multilabelStratifiedKFold && uneven < kFold / 3,
      `${uneven}, ${multilabelStratifiedKFold}`,
    );
    for (const { valid } of dealt)
      assert.ok(Math.abs(valid.length - has.length / folds) <= 1.5, `${valid.length} rows`);
    ours.push(uneven);
  }
  assert.ok(mean(ours) < mean(expected.labelled.map((each) => each.multilabelStratifiedKFold)), `${ours}`);
});

test("A label that few rows have is spread over as many folds", () => {
  const has = Array.from({ length: 60 }, (_, row) => [row % 2, row % 17 === 0 ? 1 : 0, 0]);
  for (let seed = 0; seed < 10; seed++) {
    const counts = stratifiedKFold(labelled(severalLabels(has), 60), { folds: 4, seed }).map(
      ({ valid }) => valid.filter((row) => has[row][1] === 1).length,
    );
    assert.deepEqual(counts, [1, 1, 1, 1]);
  }
});

test("Rows of identical text share a fold where they have several labels, too", () => {
  const has = Array.from({ length: 40 }, (_, row) => [row % 3 === 0 ? 1 : 0, row % 4 === 0 ? 1 : 0]);
  const data = labelled(severalLabels(has), 40);
  for (const row of [3, 8, 21, 34]) data.texts[row] = "again";
  for (const { valid } of stratifiedKFold(data, { folds: 4, seed: 1 }))
    assert.ok([0, 4].includes(valid.filter((row) => data.texts[row] === "again").length));
});

test("Values of a regression are dealt evenly, many of them by tenths, of each target", () => {
  const random = new Random(0, "targets");
  const values = Float32Array.from({ length: 400 }, (_, i) =>
    i % 2 === 0 ? random.normal() : 1 + random.integer(4) / 2,
  );
  const labels: Labels = { problemType: "regression", classes: ["many", "few"], values };
  const dealt = stratifiedKFold(labelled(labels, 200), { seed: 0 });
  assertFolds(dealt, 200);
  const column = (c: number) => Array.from({ length: 200 }, (_, row) => values[2 * row + c]);
  const sorted = column(0).sort((a, b) => a - b);
  for (const { valid } of dealt) {
    assert.ok(Math.abs(valid.length - 40) <= 1);
    for (let tenth = 0; tenth < 10; tenth++) {
      const within = valid.filter((row) => Math.floor(sorted.indexOf(values[2 * row]) / 20) === tenth);
      assert.ok(Math.abs(within.length - 4) <= 1, `${within.length} of tenth ${tenth}`);
    }
    for (const value of new Set(column(1))) {
      const share = column(1).filter((each) => each === value).length / 5;
      const within = valid.filter((row) => values[2 * row + 1] === value).length;
      assert.ok(Math.abs(within - share) < 2, `${within} of ${value}, ${share} expected`);
    }
  }
});

test("Groups stay whole, and classes are as even as scikit-learn's StratifiedGroupKFold deals them or more so", () => {
  const ours: number[] = [];
  for (const { folds, groups, ids, stratifiedGroupKFold } of expected.grouped) {
    const has = oneHot(ids);
    const labels: Labels = {
      problemType: "single_label_classification",
      classes: has[0].map((_, c) => `class ${c}`),
      ids: Int32Array.from(ids),
    };
    const data = labelled(labels, ids.length);
    const dealt = stratifiedKFold(data, { folds, groups, seed: 0 });
    assertFolds(dealt, ids.length);
    for (const { train, valid } of dealt) {
      const outside = new Set(Array.from(train, (row) => groups[row]));
      assert.ok(
        valid.every((row) => !outside.has(groups[row])),
        "no group is in two folds",
      );
    }
    const uneven = spread(dealt, has);
    assert.ok(uneven <= 1.05 * stratifiedGroupKFold, `${uneven}, ${stratifiedGroupKFold}`);
    assert.ok(
      uneven <= spread(groupKFold(groups, { folds, seed: 0 }), has),
      "no worse than dealing groups by their size",
    );
    ours.push(uneven);
  }
  assert.ok(mean(ours) < mean(expected.grouped.map((each) => each.stratifiedGroupKFold)), `${ours}`);
});

test("Groups that a text connects share a fold", () => {
  const data = dataset([12, 12]);
  const groups = Array.from({ length: 24 }, (_, row) => `author ${row >> 1}`);
  data.texts[0] = data.texts[7] = "copied"; // of authors 0 and 3
  for (let seed = 0; seed < 10; seed++)
    for (const { valid } of stratifiedKFold(data, { folds: 3, groups, seed }))
      assert.ok([0, 4].includes([0, 1, 6, 7].filter((row) => valid.includes(row)).length));
});

test("Groups may have several labels a row, and the same seed deals them alike", () => {
  const random = new Random(1, "groups");
  const has = Array.from({ length: 300 }, () => [0.3, 0.1, 0.02].map((p) => +(random.uniform() < p)));
  const groups = Array.from({ length: 300 }, () => random.integer(60));
  const data = labelled(severalLabels(has), 300);
  const dealt = stratifiedKFold(data, { groups, seed: 4 });
  assertFolds(dealt, 300);
  assert.deepEqual(stratifiedKFold(data, { groups, seed: 4 }), dealt);
  assert.notDeepEqual(stratifiedKFold(data, { groups, seed: 5 }), dealt);
  const naive = groupKFold(groups, { seed: 4 });
  assert.ok(spread(dealt, has) < 0.7 * spread(naive, has), `${spread(dealt, has)}, ${spread(naive, has)}`);
});

test("Groups are one for each row, and at least as many as folds", () => {
  const data = dataset([4, 4]);
  assert.throws(() => stratifiedKFold(data, { groups: [0, 1] }), {
    message: /^groups: expected one for each of 8 rows, got 2; takeRows /,
  });
  assert.throws(() => stratifiedKFold(data, { groups: [0, 0, 0, 0, 1, 1, 1, 1], folds: 3 }), {
    message:
      "folds 3: expected at least 3 different groups, one for each fold, got 2 in 8 rows; take fewer folds",
  });
  assert.throws(
    () => stratifiedKFold(data, { groups: 3 as never }),
    /groups: expected a list with the group of each row/,
  );
});

test("The rows of a group share a fold, and the folds are about equally large", () => {
  const groups = Array.from({ length: 90 }, (_, row) => `author ${Math.floor(Math.sqrt(row))}`);
  const folds = groupKFold(groups, { folds: 3, seed: 0 });
  assertPartition(folds, 90);
  for (const { train, valid } of folds) {
    const outside = new Set(Array.from(train, (row) => groups[row]));
    assert.ok(valid.every((row) => !outside.has(groups[row])));
    assert.ok(valid.length >= 28 && valid.length <= 32, `${valid.length} rows`);
  }
});

test("A large group does not keep others from sharing the rest", () => {
  const groups = [...new Array<number>(50).fill(0), ...Array.from({ length: 50 }, (_, row) => row + 1)];
  const sizes = groupKFold(groups, { folds: 3, seed: 0 }).map(({ valid }) => valid.length);
  assert.deepEqual(
    sizes.sort((a, b) => a - b),
    [25, 25, 50],
  );
});

test("Fewer groups than folds are an error, as is a single fold", () => {
  assert.throws(() => groupKFold(["a", "a", "b"], { folds: 3, seed: 0 }), {
    message:
      "folds 3: expected at least 3 different groups, one for each fold, got 2 in 3 rows; take fewer folds",
  });
  assert.throws(
    () => groupKFold(["a", "b"], { folds: 1, seed: 0 }),
    /folds: expected an integer of at least 2, got 1/,
  );
});
