import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readConll } from "../../src/data/readConll";
import { readTable, type Table } from "../../src/data/readTable";
import { takeRows } from "../../src/data/takeRows";
import { tokenDataset } from "../../src/data/tokenDataset";
import { makeFolder } from "../checkpoint/madeByHand";

const table = (...rows: Record<string, unknown>[]): Table => ({
  path: "train.jsonl",
  columns: Object.keys(rows[0]),
  rows: rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  ),
});
const quiet = { log: () => {} };

describe("Words with tags", () => {
  it("come from lists in a table of JSON lines, with a line on the tags", async () => {
    const path = join(makeFolder(), "train.jsonl");
    writeFileSync(
      path,
      '{"id": "a", "tokens": ["Ada", "lives"], "ner_tags": ["B-PER", "O"]}\n{"id": "b", "tokens": ["New", "York"], "ner_tags": ["B-LOC", "I-LOC"]}\n',
    );
    const said: string[] = [];
    const dataset = tokenDataset(await readTable(path), { id: "id", log: (line) => said.push(line) });
    assert.deepEqual(said, ["tags: O, B-LOC, I-LOC, B-PER, I-PER (5)"]);
    assert.deepEqual(dataset.texts, ["Ada lives", "New York"]);
    assert.deepEqual(dataset.words, [
      [
        [0, 3],
        [4, 9],
      ],
      [
        [0, 3],
        [4, 8],
      ],
    ]);
    assert.deepEqual(dataset.tags, [
      ["B-PER", "O"],
      ["B-LOC", "I-LOC"],
    ]);
    assert.deepEqual([dataset.spans, dataset.ids], [null, ["a", "b"]]);
    const second = takeRows(dataset, [1]);
    assert.deepEqual([second.texts, second.tags, second.ids], [["New York"], [["B-LOC", "I-LOC"]], ["b"]]);
    assert.deepEqual(second.words, [dataset.words![1]]);
  });

  it("come from a CoNLL file, whatever its line ends and columns", async () => {
    const path = join(makeFolder(), "train.conll");
    writeFileSync(
      path,
      "\ufeff-DOCSTART- -X- O O\r\n\r\nAda NNP B-PER\r\nlives VBZ O\r\n\r\n\r\nParis NNP B-LOC",
    );
    const found = tokenDataset(await readConll(path), quiet);
    assert.deepEqual(found.texts, ["Ada lives", "Paris"]);
    assert.deepEqual(found.tags, [["B-PER", "O"], ["B-LOC"]]);
    writeFileSync(path, "New York\tB-LOC\n\n");
    assert.deepEqual((await readConll(path)).rows, [{ tokens: '["New York"]', ner_tags: '["B-LOC"]' }]);
    writeFileSync(path, "Ada B-PER\nlives\n");
    await assert.rejects(readConll(path), {
      name: "InputError",
      message: /conll, line 2: expected a word and its tag, got "lives"/,
    });
    writeFileSync(path, "\n");
    await assert.rejects(readConll(path), { message: /expected words and tags, got none/ });
    await assert.rejects(readConll(`${path}.gone`), { message: /cannot be read \(no such file\)/ });
  });

  it("of a CoNLL file are decoded as other tables are, and bytes of another encoding refused", async () => {
    const path = join(makeFolder(), "train.conll");
    const rows = [{ tokens: '["José"]', ner_tags: '["B-PER"]' }];
    writeFileSync(path, Buffer.from("Jos\xe9 B-PER\n", "latin1"));
    await assert.rejects(readConll(path), {
      name: "InputError",
      message: /conll, line 1: expected UTF-8, got the byte 0xe9, .*"José B-PER"; .*--encoding windows-1252/,
    });
    assert.deepEqual((await readConll(path, { encoding: "latin1" })).rows, rows);
    writeFileSync(path, Buffer.from("\ufeffJosé B-PER\n", "utf16le"));
    assert.deepEqual((await readConll(path)).rows, rows);
    writeFileSync(path, Buffer.from("José B-PER\n", "utf16le"));
    await assert.rejects(readConll(path), { message: /got UTF-16; pass encoding "utf-16"/ });
  });

  it("of a CoNLL file leave out comments in front of a sentence, and no word that looks like one", async () => {
    const path = join(makeFolder(), "train.iob2");
    writeFileSync(
      path,
      "# newdoc id = d1\n# newpar\n# sent_id = s-1\n# text = Ada lives = is.\nAda\tB-PER\n# a = b\tO\n\n#\tO\n# text = O\nParis\tB-LOC\n",
    );
    assert.deepEqual((await readConll(path)).rows, [
      { tokens: '["Ada","# a = b"]', ner_tags: '["B-PER","O"]' },
      { tokens: '["#","#","Paris"]', ner_tags: '["O","O","B-LOC"]' },
    ]);
  });

  it("of a CoNLL file are refused where the last column holds no tags, with the line", async () => {
    const path = join(makeFolder(), "train.iob2");
    const refusing = async (text: string, at: string) => {
      writeFileSync(path, text);
      await assert.rejects(readConll(path), {
        name: "InputError",
        message: new RegExp(`iob2, ${at}; write a word and its tag on each line`),
      });
    };
    const tag = "expected a tag in the last column, O or as B-PER, got";
    await refusing("# text = Ada lives\n1\tAda\tB-PER\t-\n2\tlives\tO\t-\n", `line 2: ${tag} "-"`);
    await refusing("Ada B-PER\nlives O\nParis LOC\n", `line 3: ${tag} "LOC"`);
    await refusing("Ada S-PER\nlives -\n", `line 2: ${tag} "-"`);
    for (const text of ["Ada PER\nlives O\n", "Ada PER\nlives -\n", "Ada S-PER\nNew B-LOC\nYork E-LOC\n"]) {
      writeFileSync(path, text);
      assert.equal((await readConll(path)).rows.length, 1, text);
    }
  });

  it("may be numbers that classes stand for", () => {
    const rows = table({ tokens: ["Ada", "lives"], ner_tags: [1, 0] });
    assert.deepEqual(tokenDataset(rows, { classes: ["O", "B-PER"] }).tags, [["B-PER", "O"]]);
    assert.throws(() => tokenDataset(rows, quiet), {
      message:
        "train.jsonl, row 1: expected tags by their names, got 1; write the names in place of numbers, or pass tokenDataset the classes that they stand for",
    });
    assert.throws(() => tokenDataset(rows, { classes: ["O"] }), {
      message: /got 1; numbers stand for classes up to 0$/,
    });
    for (const ignored of [-100, null])
      for (const given of [quiet, { classes: ["O", "B-PER"] }])
        assert.throws(() => tokenDataset(table({ tokens: ["Ada"], ner_tags: [ignored] }), given), {
          name: "InputError",
          message: `train.jsonl, row 1: expected tags by their names, got ${ignored}; no word can be left out of the loss: give it a tag, O or another`,
        });
  });

  it("are of one scheme in training rows, with or without B- and I-", () => {
    const mixed = table(
      { tokens: ["Ada", "lives"], ner_tags: ["PER", "O"] },
      { tokens: ["Bob"], ner_tags: ["B-PER"] },
    );
    assert.throws(() => tokenDataset(mixed, quiet), {
      name: "InputError",
      message:
        'train.jsonl, row 2: expected tags of one scheme, got "B-PER" here and "PER" elsewhere; write B- or I- before each name, or before none',
    });
    const bare = table({ tokens: ["Ada", "lives"], ner_tags: ["PER", "O"] });
    assert.deepEqual(tokenDataset(bare, quiet).classes, ["O", "PER"]);
  });

  it("are refused where they do not fit, with the row", () => {
    const rows = table(
      { tokens: ["Ada", "lives"], ner_tags: ["B-PER", "O"] },
      { tokens: ["Ada"], ner_tags: ["O", "O"] },
    );
    assert.throws(() => tokenDataset(rows, quiet), {
      message: /row 2: expected a tag for each of 1 words, got 2 in column "ner_tags"/,
    });
    const one = table({ tokens: ["Ada"], ner_tags: ["B-ORG"] });
    assert.throws(() => tokenDataset(one, { classes: ["O", "B-PER"] }), {
      message: /row 1: tag "B-ORG" is none of those known from training: O, B-PER/,
    });
    assert.throws(() => tokenDataset(table({ tokens: "Ada lives", ner_tags: [] }), quiet), {
      message: /expected a list of words as JSON in column "tokens"/,
    });
    assert.throws(() => tokenDataset(one, { text: "body" }), {
      message: /expected a column "body", got "tokens", "ner_tags"/,
    });
    assert.throws(() => tokenDataset(one, { tokens: "tokens", text: "text" }), {
      message: /columns of both/,
    });
  });

  it("may be missing, as in rows to predict", () => {
    const { tags, classes, labels } = tokenDataset(table({ tokens: ["Ada"] }));
    assert.deepEqual([tags, classes, labels], [null, [], null]);
  });
});

describe("Texts with labelled parts", () => {
  const text = "😀 Ada lives in Paris.";

  it("count characters in a file as Python does, and units of JavaScript's texts in a dataset", () => {
    const spans = [
      { start: 15, end: 20, label: "LOC" },
      { start: 2, end: 5, label: "PER" },
    ];
    const dataset = tokenDataset(table({ text, spans }), quiet);
    assert.deepEqual(dataset.classes, ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]);
    assert.deepEqual(
      dataset.spans![0].map(({ start, end, label }) => [text.slice(start, end), label]),
      [
        ["Ada", "PER"],
        ["Paris", "LOC"],
      ],
    );
    assert.deepEqual(takeRows(dataset, [0]).spans, dataset.spans);
  });

  it("are refused where they lie outside a text, over each other, or are none", () => {
    const read = (spans: unknown) => () => tokenDataset(table({ text: "Ada lives", spans }), quiet);
    assert.throws(read([{ start: 0, end: 10, label: "PER" }]), {
      message:
        /row 1: expected { start, end, label } within a text of 9 characters, got {"start":0,"end":10,"label":"PER"}/,
    });
    assert.throws(read([{ start: 3, end: 3, label: "PER" }]), { message: /within a text/ });
    assert.throws(read([{ start: 0, end: 3 }]), { message: /within a text/ });
    assert.throws(
      read([
        { start: 0, end: 4, label: "A" },
        { start: 3, end: 5, label: "B" },
      ]),
      { message: /expected parts apart from each other/ },
    );
    assert.throws(read("none"), {
      message: /expected a list of { start, end, label } as JSON in column "spans", got "none"/,
    });
    assert.deepEqual(tokenDataset(table({ text: "Ada", spans: "" }), quiet).spans, [[]]);
    assert.throws(
      () =>
        tokenDataset(table({ text: "Ada", spans: [{ start: 0, end: 3, label: "ORG" }] }), {
          classes: ["O", "B-PER"],
        }),
      { message: /label "ORG" is none of those known from training/ },
    );
  });

  it("need the tags that their words get among given classes, even where the label is known", () => {
    const read = (classes: string[], spans: object[] = [{ start: 0, end: 3, label: "PER" }]) =>
      tokenDataset(table({ text: "Ada lives", spans }), { classes });
    for (const [classes, missing] of [
      [["O", "I-PER"], "B-PER"],
      [["O", "B-PER"], "I-PER"],
      [["B-PER", "I-PER"], "O"],
      [["I-PER"], "O, B-PER"],
    ] as const)
      assert.throws(() => read([...classes]), {
        name: "InputError",
        message: `train.jsonl: expected classes with "O", and "B-" and "I-" of each label, which words of labelled parts get, got ${classes.join(", ")}; add ${missing}`,
      });
    assert.throws(() => read(["B-PER", "I-PER"], []), { message: /; add O$/ });
    const enough = ["I-PER", "B-PER", "O"];
    assert.deepEqual(read(enough).classes, enough);
  });
});
