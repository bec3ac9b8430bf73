import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { Labels } from "../../src/data/labels";
import { loadTokenizer, type Tokenizer } from "../../src/data/loadTokenizer";
import { rowsOf } from "../../src/data/rowsOf";
import { takeRows } from "../../src/data/takeRows";
import { type TokenTexts, tokenDataset } from "../../src/data/tokenDataset";
import { tokenizeWords } from "../../src/data/tokenizeWords";

const bert = join(__dirname, "../fixtures/tokenizer/bert-base-uncased");
type Single = Extract<Labels, { problemType: "single_label_classification" }>;

const texts = (rows: { text: string; spans?: object[] }[]): TokenTexts =>
  tokenDataset(
    {
      path: "a",
      columns: rows[0].spans ? ["text", "spans"] : ["text"],
      rows: rows.map(({ text, spans }) => ({ text, ...(spans && { spans: JSON.stringify(spans) }) })),
    },
    { log: () => {} },
  );

const words = (rows: string[][], tags?: string[][]): TokenTexts =>
  tokenDataset(
    {
      path: "a",
      columns: tags ? ["tokens", "ner_tags"] : ["tokens"],
      rows: rows.map((row, i) => ({
        tokens: JSON.stringify(row),
        ...(tags && { ner_tags: JSON.stringify(tags[i]) }),
      })),
    },
    { log: () => {} },
  );

describe("Words as tokens", () => {
  let tokenizer: Tokenizer;
  before(async () => {
    tokenizer = await loadTokenizer(bert);
  });

  it("are told by their first tokens, as Transformers labels them", async () => {
    const { inputIds, places, labels } = await tokenizeWords(
      words([["Unaffable", "Ada", "!"]], [["O", "B-PER", "O"]]),
      tokenizer,
    );
    // [CLS] una ##ffa ##ble ada ! [SEP]
    assert.deepEqual([...inputIds[0]], [101, 14477, 20961, 3468, 15262, 999, 102]);
    assert.deepEqual([...places[0]], [1, 4, 5]);
    const { ids, sequences, classes } = labels as Single;
    assert.deepEqual(
      Array.from(ids, (id) => classes[id]),
      ["O", "B-PER", "O"],
    );
    assert.deepEqual([...sequences!], [3]);
  });

  it("are found in a text, and belong to a part where they overlap it", async () => {
    const text = "Dr. (Ada) Lovelace-King, É. Ålund";
    const spans = [
      { start: 5, end: 23, label: "PER" },
      { start: 25, end: 33, label: "PER" },
    ];
    const { words, labels } = await tokenizeWords(texts([{ text, spans }]), tokenizer);
    const [{ starts, ends }] = words;
    const { ids, classes } = labels as Single;
    assert.deepEqual(
      Array.from(starts, (start, i) => [text.slice(start, ends[i]), classes[ids[i]]]),
      [
        ["Dr", "O"],
        [".", "O"],
        ["(", "O"],
        ["Ada", "B-PER"],
        [")", "I-PER"],
        ["Lovelace", "I-PER"],
        ["-", "I-PER"],
        ["King", "I-PER"],
        [",", "O"],
        ["É", "B-PER"],
        [".", "I-PER"],
        ["Ålund", "I-PER"],
      ],
    );
  });

  it("are letters in scripts without spaces, each with its marks, and never whole clauses", async () => {
    const found = async (text: string, spans: object[] = []) => {
      const { words, labels } = await tokenizeWords(texts([{ text, spans }]), tokenizer, {
        log: assert.fail,
      });
      const { ids, classes } = labels as Single;
      return Array.from(words[0].starts, (start, i) => [
        text.slice(start, words[0].ends[i]),
        classes[ids[i]],
      ]);
    };
    assert.deepEqual(await found("我在北京abc。", [{ start: 2, end: 4, label: "LOC" }]), [
      ["我", "O"],
      ["在", "O"],
      ["北", "B-LOC"],
      ["京", "I-LOC"],
      ["abc", "O"],
      ["。", "O"],
    ]);
    const bytes = await loadTokenizer(join(__dirname, "../fixtures/tokenizer/byte-level-bpe"));
    for (const [text, parts] of [
      ["東京タワーに5F 한국어", "東 京 タ ワ ー に 5F 한국어"],
      ["ที่รัก ลาว", "ที่ รั ก ล า ว"],
      ["ລາວ ខ្មែរ မြန်မာ", "ລ າ ວ ខ្ មែ រ မြ န် မာ"],
      ["Ünïcode_2024 हिन्दी", "Ünïcode_2024 हिन्दी"],
    ]) {
      const { words } = await tokenizeWords(texts([{ text }]), bytes);
      assert.equal(
        Array.from(words[0].starts, (start, i) => text.slice(start, words[0].ends[i])).join(" "),
        parts,
      );
    }
  });

  it("take labelled parts to their own borders, which one line counts, with those that have no word left", async () => {
    const said: string[] = [];
    const tagged = async (rows: Parameters<typeof texts>[0]) => {
      const { labels } = await tokenizeWords(texts(rows), tokenizer, { log: (line) => said.push(line) });
      const { ids, classes } = labels as Single;
      return Array.from(ids, (id) => classes[id]);
    };
    const text = "take 10mg  now";
    const part = (start: number, end: number, label: string) => ({ start, end, label });
    const whole = { text, spans: [part(5, 9, "DOSE"), part(10, 14, "TIME")] };
    assert.deepEqual(await tagged([whole]), ["O", "B-DOSE", "B-TIME"]);
    assert.deepEqual(said, []);
    const cut = {
      text,
      spans: [part(5, 7, "NUM"), part(7, 9, "UNIT"), part(9, 11, "GAP"), part(11, 13, "TIME")],
    };
    assert.deepEqual(await tagged([cut, whole]), ["O", "B-NUM", "B-TIME", "O", "B-DOSE", "B-TIME"]);
    assert.deepEqual(said, [
      "a: of 6 labelled parts, 2 left out for want of a word of its own, 2 that begin or end within a word read with the whole of it",
    ]);
    await tagged([{ text, spans: [part(9, 11, "GAP")] }]);
    assert.equal(said[1], "a: of 1 labelled parts, 1 left out for want of a word of its own");
  });

  it("of a long text are read in windows that overlap, each told once, where it has most context", async () => {
    const many = Array.from({ length: 47 }, (_, i) => `${i}`.split("").join("a"));
    const encoded = await tokenizeWords(words([many, ["one"]]), tokenizer, { maxLength: 12, stride: 4 });
    const rows = rowsOf(encoded);
    assert.ok(encoded.inputIds.every(({ length }) => length <= 12));
    assert.equal(rows.outputs, 48);
    // The words of each window, by the tokens at its places, are those of the text in order.
    const whole = await tokenizeWords(words([many, ["one"]]), tokenizer, { maxLength: 512 });
    assert.equal(whole.inputIds.length, 2);
    const told = (data: typeof encoded) =>
      data.inputIds.flatMap((ids, row) => Array.from(data.places[row], (place) => ids[place]));
    assert.deepEqual(told(encoded), told(whole));
    // Of 10 tokens that share 4 or more no word is told within 2 of a cut.
    encoded.places.slice(1, -2).forEach((places) => {
      assert.ok(Math.min(...places) >= 1 + 2 && Math.max(...places) <= 10 - 2 + 1, `${places}`);
    });
    assert.equal(encoded.places[0][0], 1);
    const targets = Array.from(encoded.inputIds.keys()).flatMap((row) =>
      [...rows.targets(Int32Array.of(row))].filter((target) => target >= 0),
    );
    assert.deepEqual(targets, [...Array(48).keys()]);
    assert.deepEqual(
      Array.from({ length: 48 }, (_, word) => encoded.places[rows.rowOf(word)].length > 0),
      Array(48).fill(true),
    );
    // In a batch, rows are padded to the longest.
    const both = rows.targets(Int32Array.of(0, encoded.inputIds.length - 1));
    assert.equal(both.length, 2 * 12);
    assert.equal(both[12 + 1], 47);
  });

  it("that the tokenizer makes nothing of are told by none, and texts without words have no window", async () => {
    const {
      words: read,
      places,
      labels,
    } = await tokenizeWords(words([["\u00ad", "Ada"], []], [["O", "B-PER"], []]), tokenizer);
    assert.deepEqual([...read[0].numbers], [-1, 0]);
    assert.deepEqual([read.length, places.length], [2, 1]);
    assert.deepEqual([...(labels as Single).sequences!], [1, 0]);
    assert.deepEqual((labels as Single).classes[(labels as Single).ids[0]], "B-PER");
  });

  it("with a tag that is none of the classes are refused, and not trained under another", async () => {
    const tagged = words([["Ada"], ["sings", "well"]], [["B-PER"], ["O", "O"]]);
    await assert.rejects(tokenizeWords({ ...tagged, classes: ["B-PER", "I-PER"] }, tokenizer), {
      name: "InputError",
      message: 'a, row 2: expected a tag of the classes B-PER, I-PER, got "O"',
    });
    const parts = texts([{ text: "Ada sings", spans: [{ start: 0, end: 3, label: "PER" }] }]);
    await assert.rejects(tokenizeWords({ ...parts, classes: ["O", "I-PER"] }, tokenizer), {
      message: 'a, row 1: expected a tag of the classes O, I-PER, got "B-PER"',
    });
  });

  it("have a hash of what they hold", async () => {
    const hashOf = async (tags: string[]) =>
      (await tokenizeWords(words([["Ada", "sings"]], [tags]), tokenizer)).hash;
    assert.equal(await hashOf(["B-PER", "O"]), await hashOf(["B-PER", "O"]));
    assert.notEqual(await hashOf(["B-PER", "O"]), await hashOf(["O", "B-PER"]));
    const together = await tokenizeWords(words([["Ada"], ["sings"]]), tokenizer);
    const apart = await tokenizeWords(words([["Ada", "sings"]]), tokenizer);
    assert.notEqual(together.hash, apart.hash);
  });

  it("are refused by another tokenizer, in windows without room, and as rows that are taken", async () => {
    const dataset = words([["Ada"]]);
    const encode = (options: object) => tokenizeWords(dataset, tokenizer, options);
    await assert.rejects(encode({ maxLength: 2 }), { message: /maxLength: expected at least 3, got 2/ });
    await assert.rejects(encode({ maxLength: 8, stride: 6 }), {
      message: /stride: expected fewer than the 6 tokens of text that a window of 8 holds, got 6/,
    });
    await assert.rejects(tokenizeWords(dataset, { ...tokenizer, encode: () => assert.fail() }), {
      message: /expected one that loadTokenizer gave/,
    });
    const encoded = await encode({});
    assert.throws(() => takeRows(encoded, [0]), { message: /take rows first and tokenize them then/ });
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    await assert.rejects(encode({ signal: stop.signal }), { message: "enough" });
  });
});
