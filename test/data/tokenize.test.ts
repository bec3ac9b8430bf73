import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { loadTokenizer, type Tokenizer } from "../../src/data/loadTokenizer";
import { rowTexts } from "../../src/data/rowTexts";
import { takeRows } from "../../src/data/takeRows";
import type { Labels, TextDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";

let tokenizer: Tokenizer;
before(async () => {
  tokenizer = await loadTokenizer(join(__dirname, "../fixtures/tokenizer/bert-base-uncased"));
});

const labels = (...ids: number[]): Labels => ({
  problemType: "single_label_classification",
  classes: ["no", "yes"],
  ids: Int32Array.from(ids),
});
const dataset = (texts: string[], pairs: string[] | null = null): TextDataset => ({
  source: "train.csv",
  texts,
  pairs,
  labels: labels(...texts.map((_, row) => row % 2)),
  ids: null,
});

test("Every row becomes ids and token types, without padding, beside its labels", async () => {
  const encoded = await tokenize(dataset(["Hello world", ""]), tokenizer);
  const { hash, ...rest } = encoded;
  assert.deepEqual(rest, {
    inputIds: [Int32Array.of(101, 7592, 2088, 102), Int32Array.of(101, 102)],
    tokenTypeIds: [Int32Array.of(0, 0, 0, 0), Int32Array.of(0, 0)],
    labels: labels(0, 1),
    truncated: 0,
    maxLength: 128,
    padTokenId: 0,
  });
  assert.match(hash, /^[0-9a-f]{64}$/);
});

test("A second text follows the first as token type 1", async () => {
  const { inputIds, tokenTypeIds } = await tokenize(dataset(["hello"], ["world"]), tokenizer);
  assert.deepEqual(inputIds, [Int32Array.of(101, 7592, 102, 2088, 102)]);
  assert.deepEqual(tokenTypeIds, [Int32Array.of(0, 0, 0, 1, 1)]);
});

test("What people read in a row is known of it, of all of a text and of both of a pair, and stays with it where rows are taken", async () => {
  const long = "word ".repeat(300);
  const encoded = await tokenize(dataset(["Hello", long]), tokenizer);
  assert.deepEqual(
    takeRows(encoded, [1, 0]).inputIds.map((row) => rowTexts.get(row)),
    [long, "Hello"],
  );
  const pairs = await tokenize(dataset(["a"], ["b"]), tokenizer);
  assert.equal(rowTexts.get(pairs.inputIds[0]), "a\nb");
});

test("Rows that lose tokens are counted, rows that just fit are not", async () => {
  const texts = ["one two three four", "one two three", "one"];
  const encoded = await tokenize(dataset(texts), tokenizer, { maxLength: 5 });
  assert.deepEqual(
    encoded.inputIds.map((ids) => ids.length),
    [5, 5, 3],
  );
  assert.equal(encoded.truncated, 1);
  assert.equal(encoded.maxLength, 5);
});

test("A tokenizer without token types leaves them null", async () => {
  const roberta = await loadTokenizer(join(__dirname, "../fixtures/tokenizer/byte-level-bpe"));
  const encoded = await tokenize(dataset(["ice"], ["snow"]), roberta);
  assert.equal(encoded.tokenTypeIds, null);
  assert.equal(encoded.padTokenId, 1);
});

test("Equal data has an equal hash; other ids, row bounds, types, labels or classes have another", async () => {
  const hashOf = async (data: TextDataset) => (await tokenize(data, tokenizer)).hash;
  const data = dataset(["ice ice", "ice"]);
  const hash = await hashOf(data);
  assert.equal(await hashOf({ ...data, source: "elsewhere.csv", ids: ["1", "2"] }), hash);
  const others = [
    dataset(["ice ice", "snow"]),
    dataset(["ice", "ice ice"]),
    takeRows(data, [0]),
    { ...data, labels: labels(0, 0) },
    { ...data, labels: null },
    { ...data, labels: { ...labels(0, 1), classes: ["yes", "no"] } as Labels },
    { ...data, labels: { problemType: "regression", values: Float32Array.of(0, 1) } as Labels },
  ];
  const hashes = await Promise.all(others.map(hashOf));
  assert.equal(new Set([hash, ...hashes]).size, 8);
  const giving = (rows: number[][], types: number[]): Tokenizer => {
    let row = 0;
    const encode = () => ({
      inputIds: Int32Array.from(rows[row]),
      tokenTypeIds: Int32Array.from(types.slice(0, rows[row++].length)),
      truncated: false,
    });
    return { ...tokenizer, vocabSize: 9, encode };
  };
  const bounds = [
    [[1, 2], [3]],
    [[1], [2, 3]],
  ].map((rows) => tokenize(data, giving(rows, [0, 0])));
  const [first, second] = await Promise.all([...bounds]);
  assert.notEqual(first.hash, second.hash);
  assert.notEqual((await tokenize(data, giving([[1, 2], [3]], [0, 1]))).hash, first.hash);
});

test("Progress is told from none to all, and other work gets its turn", async () => {
  const seen: number[] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const texts = Array.from({ length: 3000 }, (_, row) => `Row ${row}: ${"the ice is thin and ".repeat(20)}`);
  await tokenize(dataset(texts), tokenizer, {
    onProgress: (done, total) => {
      seen.push(done);
      assert.equal(total, 3000);
    },
  });
  clearInterval(timer);
  assert.equal(seen[0], 0);
  assert.equal(seen.at(-1), 3000);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.ok(seen.length > 3 && turns > 1, `${seen.length} reports, ${turns} turns of a timer`);
});

test("An aborted signal stops it with the signal's reason", async () => {
  const reason = new Error("stopped by the reader");
  const texts = new Array(5000).fill("the ice is thin and the water cold");
  await assert.rejects(tokenize(dataset(texts), tokenizer, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  let last = 0;
  const stopped = tokenize(dataset(texts), tokenizer, {
    signal: controller.signal,
    onProgress: (done) => {
      last = done;
      if (done > 0) controller.abort(reason);
    },
  });
  await assert.rejects(stopped, reason);
  assert.ok(last > 0 && last < 5000, `stopped at ${last}`);
});

test("A maxLength that is no length, or has no room for text, is an error", async () => {
  await assert.rejects(
    tokenize(dataset(["ice"]), tokenizer, { maxLength: 0 }),
    /maxLength: expected an integer of at least 1, got 0/,
  );
  await assert.rejects(
    tokenize(dataset(["ice"]), tokenizer, { maxLength: 2 }),
    /maxLength: expected at least 3, got 2/,
  );
});

test("A row of which nothing is left is an error with its number", async () => {
  const none: Tokenizer = {
    ...tokenizer,
    vocabSize: 1,
    encode: () => ({ inputIds: new Int32Array(0), tokenTypeIds: null, truncated: false }),
  };
  await assert.rejects(tokenize(dataset([""]), none), {
    message: "train.csv, row 1: expected a text, got none, and the tokenizer adds no special tokens",
  });
});

test("A text that nobody wrote, as of a quote that never closes, is refused by its row", async () => {
  const long = "x".repeat(10_000_001);
  await assert.rejects(tokenize(dataset(["short", long]), tokenizer), {
    name: "InputError",
    message:
      "train.csv, row 2: expected a text of at most 10000000 characters, got 10000001; is a quote never closed?",
  });
  await assert.rejects(tokenize(dataset(["short"], [long]), tokenizer), {
    message: /row 1: expected a second text of at most 10000000 characters, got 10000001/,
  });
});

test("A text of many megabytes is tokenized, and cut", async () => {
  const encoded = await tokenize(dataset(["hello world ".repeat(200_000)]), tokenizer, { maxLength: 16 });
  assert.equal(encoded.inputIds[0].length, 16);
  assert.equal(encoded.truncated, 1);
});
