import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row, Table } from "../../src/data/readTable";
import { sayGaps } from "../../src/data/sayGaps";
import { takeRows } from "../../src/data/takeRows";
import { type TextDataset, textDataset } from "../../src/data/textDataset";

const table = (rows: Row[], path = "train.csv"): Table => ({ path, columns: Object.keys(rows[0]), rows });
const labelled = (...labels: string[]) => table(labels.map((y, i) => ({ id: `${i}`, text: `text ${i}`, y })));
const classesOf = (...labels: string[]) => textDataset(labelled(...labels), { label: "y" }).labels?.classes;

test("Texts, pairs, ids and labels come from the columns named", () => {
  const rows = [
    { qid: "7", question: "Is it ice?", answer: "No.", same: "no" },
    { qid: "8", question: "Is it cold?", answer: "It is.", same: "yes" },
  ];
  assert.deepEqual(textDataset(table(rows), { text: "question", pair: "answer", label: "same", id: "qid" }), {
    source: "train.csv",
    texts: ["Is it ice?", "Is it cold?"],
    pairs: ["No.", "It is."],
    labels: {
      problemType: "single_label_classification",
      classes: ["no", "yes"],
      ids: Int32Array.of(0, 1),
    },
    ids: ["7", "8"],
    columns: { text: "question", pair: "answer", label: ["same"] },
  });
});

test("What the labels are is told where the table itself says it: classes and their number, or a range of numbers", () => {
  const told: string[] = [];
  const log = (line: string) => told.push(line);
  const { labels } = textDataset(labelled("no", "yes", "no"), { label: "y", log });
  textDataset(labelled("1.5", "3", "2"), { label: "y", problemType: "regression", log });
  assert.deepEqual(told.splice(0), ["2 classes: no, yes", "a regression: numbers from 1.5 to 3"]);
  textDataset(labelled("yes"), { label: "y", classes: labels?.classes, log });
  textDataset(labelled("yes"), { log });
  assert.deepEqual(told, []);
});

test("Empty texts and ids, and ids that come again, are told by a line each", () => {
  const told: string[] = [];
  const rows = [
    { id: "1", text: "a" },
    { id: "", text: " " },
    { id: "1", text: "c" },
  ];
  textDataset(table(rows), { id: "id", log: (line) => told.push(line) });
  assert.deepEqual(told, [
    'train.csv: 1 of 3 texts in column "text" are empty, the first in row 2',
    "train.csv: 1 of 3 ids are empty, the first in row 2",
    'train.csv: 1 of 3 ids come again, the first "1", in rows 1 and 3',
  ]);
});

test("The text column is called text unless named; without label, pair or id these are null", () => {
  assert.deepEqual(textDataset(table([{ id: "1", text: "a" }])), {
    source: "train.csv",
    texts: ["a"],
    pairs: null,
    labels: null,
    ids: null,
    columns: { text: "text", pair: null, label: null },
  });
});

test("A missing column is an error that lists the columns there are", () => {
  const columns = 'got the columns "id", "text", "y"';
  const found = labelled("0", "1");
  assert.throws(() => textDataset(found, { text: "tweet" }), {
    message: `train.csv: expected the text column "tweet", ${columns}`,
  });
  assert.throws(() => textDataset(found, { pair: "b" }), {
    message: `train.csv: expected the pair column "b", ${columns}`,
  });
  assert.throws(() => textDataset(found, { label: "target" }), {
    message: `train.csv: expected the label column "target", ${columns}`,
  });
  assert.throws(() => textDataset(found, { label: ["y", "z"] }), {
    message: `train.csv: expected the label column "z", ${columns}`,
  });
  assert.throws(() => textDataset(found, { id: "key" }), {
    message: `train.csv: expected the id column "key", ${columns}`,
  });
});

test("A column that the model reads is no label, nor the second text of itself", () => {
  const found = labelled("0", "1");
  for (const label of ["text", ["y", "text"]])
    assert.throws(() => textDataset(found, { label }), {
      message:
        'label: expected a column that the model does not read, got "text", which is the text column as well',
    });
  assert.throws(() => textDataset(found, { text: "id", pair: "y", label: "y" }), {
    message:
      'label: expected a column that the model does not read, got "y", which is the pair column as well',
  });
  assert.throws(() => textDataset(found, { pair: "text" }), {
    message: 'pair: expected another column than the first text\'s, got "text" for both',
  });
});

test("What is empty is called none", () => {
  const found = labelled("0", "1");
  assert.throws(() => textDataset(found, { label: [] }), { message: /each once, got none$/ });
  assert.throws(() => textDataset(found, { label: "y", classes: [] }), {
    message: 'train.csv: expected at least two classes in column "y", got none',
  });
  assert.throws(() => textDataset({ path: "train.jsonl", columns: [], rows: [{}] }), {
    message: 'train.jsonl: expected the text column "text", got rows without a column',
  });
});

test("Fullwidth digits are digits", () => {
  const { labels } = textDataset(labelled("１", "1", "0"), { label: "y", log: () => {} });
  assert.deepEqual(labels, {
    problemType: "single_label_classification",
    classes: ["0", "1"],
    ids: Int32Array.of(1, 1, 0),
  });
  const alone = textDataset(labelled("１０", "２"), { label: "y", log: () => {} });
  assert.deepEqual(alone.labels?.classes, ["２", "１０"]);
  const numbers = textDataset(labelled("－１．５", "2"), {
    label: "y",
    problemType: "regression",
    log: () => {},
  });
  assert.deepEqual(numbers.labels, { problemType: "regression", values: Float32Array.of(-1.5, 2) });
});

test("Classes that are all numbers stand in numeric order, others in the order of code units, whatever the rows' order", () => {
  assert.deepEqual(classesOf("10", "2", "1", "2"), ["1", "2", "10"]);
  assert.deepEqual(classesOf("0", "-1", "1"), ["-1", "0", "1"]);
  assert.deepEqual(classesOf("b", "a", "B", "é"), ["B", "a", "b", "é"]);
  assert.deepEqual(classesOf("10", "9", "x"), ["10", "9", "x"]);
});

test("Spellings of one number are one class, called by the shortest where there are several", () => {
  assert.deepEqual(classesOf("1.0", "1", "0", "0.0"), ["0", "1"]);
  assert.deepEqual(classesOf("+1", "-1", "-1.", "1e0"), ["-1", "1"]);
  assert.deepEqual(classesOf("007", "7", "10"), ["7", "10"]);
  assert.deepEqual(classesOf("007", "10"), ["007", "10"], "one spelling stays as it is");
  assert.deepEqual(classesOf("1", "1.0", "unknown"), ["1", "unknown"]);
  assert.deepEqual(classesOf("True", "true", "FALSE"), ["FALSE", "True"]);
  // Of 64 bits, and apart though JavaScript's numbers are not.
  assert.deepEqual(classesOf("9007199254740993", "9007199254740992"), [
    "9007199254740992",
    "9007199254740993",
  ]);
  const { labels } = textDataset(labelled("1.0", "0", "1"), { label: "y", classes: ["0.0", "1"] });
  assert.deepEqual(labels, {
    problemType: "single_label_classification",
    classes: ["0.0", "1"],
    ids: Int32Array.of(1, 0, 1),
  });
  assert.throws(() => textDataset(labelled("1"), { label: "y", classes: ["1", "1.0"] }), {
    message: 'classes: expected every class once, spellings of one number being one class, got "1", "1.0"',
  });
});

test("What pandas reads as missing is no label, unless it is named among the classes", () => {
  const missing = [
    "nan",
    "NaN",
    "-nan",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "NULL",
    "null",
    "None",
    "#NA",
    "1.#IND",
  ];
  for (const word of missing)
    for (const options of [
      { label: "y" },
      { label: ["y"] },
      { label: "y", problemType: "regression" as const },
    ])
      assert.throws(() => textDataset(labelled("1", word, "0"), options), {
        message: `train.csv, row 2, column "y": expected a label, got "${word}", which pandas reads as missing; fill it or drop the row, or, where it is a class, call it otherwise; from TypeScript the option classes may name it`,
      });
  const { labels } = textDataset(labelled("None", "joy"), { label: "y", classes: ["None", "joy"] });
  assert.deepEqual(labels?.classes, ["None", "joy"]);
  assert.deepEqual(classesOf("none", "nil"), ["nil", "none"], "these words are none of pandas'");
});

test("Many different numbers are an error until it is said what they mean; as many texts are not", () => {
  const numbers = (count: number) =>
    labelled(...Array.from({ length: 2 * count }, (_, i) => `${2 + (i % count)}`));
  assert.throws(() => textDataset(numbers(46), { label: "y" }), {
    message:
      'train.csv: column "y" holds 46 different numbers from 2 to 47; pass problemType "regression" for numbers, "single_label_classification" for classes (--task regression, --task single)',
  });
  assert.throws(() => textDataset(numbers(21), { label: "y" }), /holds 21 different numbers/);
  assert.equal(textDataset(numbers(20), { label: "y" }).labels?.classes?.length, 20);
  const single = textDataset(numbers(46), { label: "y", problemType: "single_label_classification" });
  assert.equal(single.labels?.classes?.length, 46);
  const { classes } = single.labels!;
  assert.deepEqual(textDataset(numbers(46), { label: "y", classes }).labels?.classes, classes);
  assert.equal(classesOf(...Array.from({ length: 46 }, (_, i) => `intent ${i}`))?.length, 46);
});

test("Blanks around a label are no part of it", () => {
  assert.deepEqual(classesOf("spam ", " ham", "spam"), ["ham", "spam"]);
});

test("Classes given keep their order, and a label outside them is an error with row and label", () => {
  const valid = textDataset(labelled("pos", "pos"), { label: "y", classes: ["pos", "neg"] });
  assert.deepEqual(valid.labels, {
    problemType: "single_label_classification",
    classes: ["pos", "neg"],
    ids: Int32Array.of(0, 0),
  });
  assert.throws(() => textDataset(labelled("pos", "neutral"), { label: "y", classes: ["neg", "pos"] }), {
    message:
      'train.csv, row 2, column "y": "neutral" is none of the classes known from training: "neg", "pos"',
  });
  assert.throws(
    () => textDataset(labelled("a"), { label: "y", classes: ["a", "a"] }),
    /expected every class once/,
  );
});

test("A long list of classes is cut short in messages", () => {
  const classes = Array.from({ length: 77 }, (_, i) => `intent ${i}`);
  assert.throws(() => textDataset(labelled("x"), { label: "y", classes }), /"intent 9" and 67 more$/);
});

test("One class only is an error", () => {
  assert.throws(() => textDataset(labelled("1", "1"), { label: "y" }), {
    message: 'train.csv: expected at least two classes in column "y", got "1" alone',
  });
});

test("An empty label is an error with its row, for every problem type", () => {
  const message =
    'train.csv, row 2, column "y": expected a label, got an empty cell; fill it or drop the row';
  const holed = labelled("1", " ", "0");
  assert.throws(() => textDataset(holed, { label: "y" }), { message });
  assert.throws(() => textDataset(holed, { label: ["y"] }), { message });
  assert.throws(() => textDataset(holed, { label: "y", problemType: "regression" }), { message });
});

test("An empty text is kept, since a test row needs its prediction; nothing but empty texts is an error", () => {
  assert.deepEqual(textDataset(table([{ text: "" }, { text: "a" }])).texts, ["", "a"]);
  assert.throws(() => textDataset(table([{ text: "" }, { text: " " }])), {
    message: 'train.csv: expected texts in column "text", got empty cells alone',
  });
});

test("Regression reads one number a row", () => {
  const { labels } = textDataset(labelled("0.5", " -2 ", "1e3"), { label: "y", problemType: "regression" });
  assert.deepEqual(labels, { problemType: "regression", values: Float32Array.of(0.5, -2, 1000) });
  for (const wrong of ["high", "0,5", "Infinity", "0x10", "1_000", "1e", "."])
    assert.throws(() => textDataset(labelled("1", wrong), { label: "y", problemType: "regression" }), {
      message: `train.csv, row 2, column "y": expected a number, got "${wrong}"`,
    });
});

test("Several columns of numbers are the targets of one regression, in the order they are named in", () => {
  const scores = table([
    { text: "a", cohesion: "3.5", syntax: "2" },
    { text: "b", cohesion: "-1", syntax: "4.0" },
  ]);
  const told: string[] = [];
  const options = { problemType: "regression", log: (line: string) => told.push(line) } as const;
  const { labels, columns } = textDataset(scores, { ...options, label: ["syntax", "cohesion"] });
  assert.deepEqual(labels, {
    problemType: "regression",
    classes: ["syntax", "cohesion"],
    values: Float32Array.of(2, 3.5, 4, -1),
  });
  assert.deepEqual(columns?.label, ["syntax", "cohesion"]);
  assert.deepEqual(told, ["a regression of 2 targets, syntax, cohesion: numbers from -1 to 4"]);
  const known = textDataset(scores, {
    ...options,
    label: ["syntax", "cohesion"],
    classes: ["cohesion", "syntax"],
  });
  const valuesOf = ({ labels }: TextDataset) =>
    labels?.problemType === "regression" ? [...labels.values] : [];
  assert.deepEqual(valuesOf(known), [3.5, 2, -1, 4]);
  assert.deepEqual(valuesOf(takeRows(known, [1])), [-1, 4]);
  const one = textDataset(scores, { ...options, label: ["syntax"] });
  assert.deepEqual(one.labels, { problemType: "regression", values: Float32Array.of(2, 4) });
});

test("Columns of probabilities are soft labels of the classes that they are named after", () => {
  const rated = table([
    { text: "a", neg: "0.2", pos: "0.8", trust: "1" },
    { text: "b", neg: "1", pos: "0", trust: "0.25" },
    { text: "c", neg: "0.333", pos: "0.663", trust: "0" },
  ]);
  const problemType = "single_label_classification" as const;
  const dataset = textDataset(rated, { label: ["neg", "pos"], problemType, weight: "trust", log: () => {} });
  const { labels } = dataset;
  assert.ok(labels?.problemType === problemType && labels.soft && labels.weights);
  assert.deepEqual(labels.classes, ["neg", "pos"]);
  assert.deepEqual([...labels.ids], [1, 0, 1]);
  assert.deepEqual([...labels.weights], [1, 0.25, 0]);
  // Rounded ones are made to add up to 1.
  assert.ok(Math.abs(labels.soft[4] + labels.soft[5] - 1) < 1e-6);
  const taken = takeRows(dataset, [1]).labels;
  assert.ok(taken?.problemType === problemType);
  assert.deepEqual([...taken.soft!, ...taken.weights!, ...taken.ids], [1, 0, 0.25, 0]);
});

test("Probabilities of several labels have to be asked for by the task; weights have to be weights", () => {
  const rated = table([{ text: "a", toxic: "0.7", rude: "0", n: "-1", zero: "0" }]);
  const problemType = "multi_label_classification" as const;
  const label = ["toxic", "rude"];
  const { labels } = textDataset(rated, { label, problemType, log: () => {} });
  assert.deepEqual(labels, { problemType, classes: label, values: Float32Array.of(0.7, 0) });
  const refused = (options: object, message: string) =>
    assert.throws(() => textDataset(rated, { label, log: () => {}, ...options }), { message });
  refused({}, 'train.csv, row 1, column "toxic": expected 0 or 1, got "0.7"');
  refused(
    { problemType: "single_label_classification" },
    'train.csv, row 1: expected probabilities that add up to 1 in columns "toxic", "rude", got 0.699999988079071, 0',
  );
  refused(
    { problemType, weight: "n" },
    'train.csv, row 1, column "n": expected a weight of at least 0, got "-1"',
  );
  refused(
    { problemType, weight: "zero" },
    'train.csv: expected a weight above 0 in column "zero", got 0 alone',
  );
  refused(
    { problemType, weight: "toxic" },
    'weight: expected a column of its own, got "toxic", which holds texts or labels',
  );
  refused(
    { label: undefined, weight: "n" },
    "weight: expected a label column beside it, got none; weights are of the training loss",
  );
});

test("A text may be made of several columns by a template, which says what stands between them", () => {
  const news = table([
    { title: "Frost", body: "It is cold.", label: "1", "{x}": "a column" },
    { title: "", body: "$& {title}", label: "0", "{x}": "as it is" },
  ]);
  const log = () => {};
  const { texts, pairs, columns } = textDataset(news, {
    text: "{title} [SEP] {body}",
    pair: "{title}!",
    label: "label",
    log,
  });
  assert.deepEqual(texts, ["Frost [SEP] It is cold.", " [SEP] $& {title}"]);
  assert.deepEqual(pairs, ["Frost!", "!"]);
  assert.deepEqual([columns?.text, columns?.pair], ["{title} [SEP] {body}", "{title}!"]);
  // A column of that very name is read as it is.
  assert.deepEqual(textDataset(news, { text: "{x}", log }).texts, ["a column", "as it is"]);
  const refused = (options: object, message: string) =>
    assert.throws(() => textDataset(news, { log, ...options }), { message });
  refused(
    { text: "{title} {author}" },
    'train.csv: expected the text column "author", got the columns "title", "body", "label", "{x}"',
  );
  refused(
    { text: "{title} {label}", label: "label" },
    'label: expected a column that the model does not read, got "label", which is part of the text as well',
  );
});

test("Targets that are named twice, or are not those of training, are refused", () => {
  const scores = table([{ text: "a", x: "1", y: "2" }]);
  const refused = (options: object, message: string) =>
    assert.throws(() => textDataset(scores, { problemType: "regression", log: () => {}, ...options }), {
      message,
    });
  refused({ label: ["x", "x"] }, 'label: expected one or more columns, each once, got "x", "x"');
  refused(
    { label: ["x", "y"], classes: ["x", "z"] },
    'label: expected the columns "x", "z" known from training, got "x", "y"',
  );
  const text = () =>
    textDataset(table([{ text: "a", x: "1", y: "high" }]), { label: ["x", "y"], problemType: "regression" });
  assert.throws(text, { message: 'train.csv, row 1, column "y": expected a number, got "high"' });
});

test("A regression has no classes", () => {
  const options = { label: "y", problemType: "regression", classes: ["0", "1"] } as const;
  assert.throws(() => textDataset(labelled("1", "2"), { ...options, classes: [...options.classes] }), {
    message: "classes: expected none, since a regression has no classes, got 2",
  });
});

test("A number beyond float32 is no label of a regression", () => {
  assert.throws(() => textDataset(labelled("1", "1e39"), { label: "y", problemType: "regression" }), {
    message:
      'train.csv, row 2, column "y": expected a number below 3.4e38, which is what float32 holds, got "1e39"',
  });
});

test("Fractions as labels are an error until it is said what they mean", () => {
  const scores = labelled("0.5", "1", "2.25");
  assert.throws(
    () => textDataset(scores, { label: "y" }),
    /column "y" holds fractions such as 0\.5; pass problemType "regression"/,
  );
  const { labels } = textDataset(scores, { label: "y", problemType: "single_label_classification" });
  assert.deepEqual(labels?.classes, ["0.5", "1", "2.25"]);
  assert.deepEqual(
    classesOf("1.0", "0.0"),
    ["0.0", "1.0"],
    "pandas writes whole numbers so when some are missing",
  );
  assert.deepEqual(classesOf("0.5", "half"), ["0.5", "half"]);
});

test("Several label columns make a multi-label task with the columns as classes, row by row", () => {
  const rows = [
    { text: "a", toxic: "1", insult: "0" },
    { text: "b", toxic: "0.0", insult: "True" },
    { text: "c", toxic: "false", insult: "0" },
  ];
  const { labels } = textDataset(table(rows), { label: ["toxic", "insult"] });
  assert.deepEqual(labels, {
    problemType: "multi_label_classification",
    classes: ["toxic", "insult"],
    values: Float32Array.of(1, 0, 0, 1, 0, 0),
  });
  const turned = textDataset(table(rows), { label: ["toxic", "insult"], classes: ["insult", "toxic"] });
  assert.deepEqual(turned.labels, {
    problemType: "multi_label_classification",
    classes: ["insult", "toxic"],
    values: Float32Array.of(0, 1, 1, 0, 0, 0),
  });
});

test("A multi-label cell is 0 or 1, and its columns are those of training", () => {
  assert.throws(() => textDataset(labelled("1", "2"), { label: ["y"] }), {
    message: 'train.csv, row 2, column "y": expected 0 or 1, got "2"',
  });
  assert.throws(() => textDataset(labelled("1"), { label: ["y"], classes: ["y", "z"] }), {
    message: 'label: expected the columns "y", "z" known from training, got "y"',
  });
  assert.throws(() => textDataset(labelled("1"), { label: ["y", "y"] }), /each once, got "y", "y"/);
});

test("The problem type fits the number of label columns", () => {
  assert.throws(
    () => textDataset(labelled("1"), { label: "y", problemType: "ranking" as "regression" }),
    /problemType: expected one of single_label_classification, .*got "ranking"/,
  );
});

test("takeRows picks rows of every part, in the order asked for", () => {
  const rows = ["a", "b", "c"].map((text, i) => ({
    text,
    other: text.toUpperCase(),
    id: `${i}`,
    y: `${i % 2}`,
    z: "1",
  }));
  const columns = { pair: "other", id: "id" };
  const single = takeRows(textDataset(table(rows), { ...columns, label: "y" }), Int32Array.of(2, 1));
  assert.deepEqual(single, {
    source: "train.csv",
    texts: ["c", "b"],
    pairs: ["C", "B"],
    labels: { problemType: "single_label_classification", classes: ["0", "1"], ids: Int32Array.of(0, 1) },
    ids: ["2", "1"],
    columns: { text: "text", pair: "other", label: ["y"] },
  });
  const multi = takeRows(textDataset(table(rows), { label: ["y", "z"] }), [1, 0]);
  assert.deepEqual(
    multi.labels?.problemType !== "single_label_classification" && multi.labels?.values,
    Float32Array.of(1, 1, 0, 1),
  );
  const measured = takeRows(textDataset(table(rows), { label: "id", problemType: "regression" }), [2]);
  assert.deepEqual(measured.labels, { problemType: "regression", values: Float32Array.of(2) });
  assert.equal(takeRows(textDataset(table(rows)), [0]).labels, null);
  assert.throws(() => takeRows(textDataset(table(rows)), [3]), /row: expected an integer from 0 to 2, got 3/);
});

test("A table made by hand, of no file, is called a table where a message names the file", () => {
  const { rows, columns } = labelled("no", "yes");
  for (const given of [
    { rows, columns },
    { rows, columns, path: "" },
  ] as Table[]) {
    assert.throws(() => textDataset(given, { text: "review" }), {
      message: /^table: expected the text column "review", got the columns "id", "text", "y"$/,
    });
    assert.throws(() => textDataset(given, { label: "y", classes: ["no", "maybe"] }), {
      message: /^table, row 2, column "y": /,
    });
    const dataset = textDataset(given, { log: () => {} });
    assert.equal(dataset.source, "table");
    const [line] = sayGaps({ ...dataset, texts: ["", "a"] });
    assert.match(line, /^table: 1 of 2 texts/);
  }
});
