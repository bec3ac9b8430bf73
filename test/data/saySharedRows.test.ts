import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import type { Dataset } from "../../src/data/Rows";
import { rowsOf } from "../../src/data/rowsOf";
import { saySharedRows } from "../../src/data/saySharedRows";
import { takeRows } from "../../src/data/takeRows";
import { tokenize } from "../../src/data/tokenize";
import { ownCache } from "../ownCache";
import { toyRows } from "../training/toyData";
import { imagesOf, transformTo } from "./images";

const shared = (train: Dataset, valid: Dataset) => saySharedRows(rowsOf(train), rowsOf(valid));

const says = (count: string, first: number) =>
  `${count} rows to validate on are the same to the model as rows to train on, the first of them row ${first}: scores on them say little of new rows`;

test("Rows to validate on that are trained on are counted, whatever their labels and places", () => {
  const all = toyRows(40);
  const train = takeRows(
    all,
    Array.from({ length: 30 }, (_, row) => row),
  );
  assert.equal(shared(train, takeRows(all, [35, 31, 7, 38, 2])), says("2 of 5", 3));
  const { labels } = train;
  assert.ok(labels?.problemType === "single_label_classification");
  const turned = { ...train, labels: { ...labels, ids: labels.ids.map((id) => 1 - id) } };
  assert.equal(shared(train, turned), says("all 30", 1));
});

test("Where no row is shared nothing is said", () => {
  assert.equal(shared(toyRows(20), toyRows(20, "valid")), null);
});

test("Rows made by hand may hold plain lists of tokens", () => {
  const train = toyRows(3);
  const valid = { ...train, inputIds: [[...train.inputIds[2]]] as never };
  assert.equal(shared(train, valid), says("all 1", 1));
  assert.equal(shared(train, { ...train, inputIds: [Int32Array.of(2, 3)] }), null);
});

test("Images are told by their pixels", () => {
  const of = (...bytes: number[]) => ({
    pixels: bytes.map((byte) => Uint8Array.of(byte, 0, 0)),
    ...{ height: 1, width: 1, mean: [0, 0, 0], std: [1, 1, 1], labels: null, hash: "" },
  });
  assert.equal(shared(of(1, 2, 3), of(9, 3)), says("1 of 2", 2));
  assert.equal(shared(of(1, 2, 3), of(9)), null);
});

const tokenizerFolder = join(__dirname, "../fixtures/tokenizer/bert-base-uncased");

const textsOf = (texts: string[], pairs: string[] | null = null) => ({
  source: "train.csv",
  ...{ texts, pairs, labels: null, ids: null },
});

test("Texts that were cut are told by the whole of them, not by what was left", async () => {
  const tokenizer = await loadTokenizer(tokenizerFolder);
  const encoded = (texts: string[], pairs?: string[]) =>
    tokenize(textsOf(texts, pairs), tokenizer, { maxLength: 5 });
  const train = await encoded(["one two three four", "one two three", "ONE"]);
  assert.equal(shared(train, await encoded(["one two three five"])), null, "the same to five tokens");
  assert.equal(shared(train, await encoded(["five", "one two three four"])), says("1 of 2", 2));
  assert.equal(shared(train, await encoded(["one two three"])), says("all 1", 1));
  assert.equal(shared(train, await encoded(["one"])), says("all 1", 1), "to the model there is no case");
  assert.equal(
    shared(takeRows(train, [2, 0]), takeRows(train, [1, 0])),
    says("1 of 2", 2),
    "rows that were taken are known as well",
  );
  const pairs = await encoded(["one two three"], ["four five"]);
  assert.equal(shared(pairs, await encoded(["one two three"], ["four six"])), null);
  assert.equal(shared(pairs, await encoded(["one two three"], ["four five"])), says("all 1", 1));
});

describe("with a cache on disk", () => {
  ownCache();

  test("texts that were cut are told by the whole of them", async () => {
    const tokenizer = await loadTokenizer(tokenizerFolder);
    const of = (end: string) =>
      Array.from({ length: 1200 }, (_, row) => `${"word ".repeat(20)}${row} ${end}`);
    for (let time = 0; time < 2; time++) {
      const train = await tokenize(textsOf(of("a")), tokenizer, { maxLength: 8 });
      const valid = await tokenize(textsOf([...of("b"), ...of("a").slice(7, 9)]), tokenizer, {
        maxLength: 8,
      });
      assert.equal(shared(train, valid), says("2 of 1202", 1201));
    }
  });
});

test("Images are told by their files, and by their pixels where some came from none", async () => {
  const folder = await imagesOf("shared", { red: [200, 30, 30] }, { count: 3 });
  const rows = await imageFolder(folder, { labels: false });
  const images = await encodeImages(rows, transformTo(4));
  const [train, valid] = [takeRows(images, [0, 1]), takeRows(images, [2, 1])];
  assert.equal(shared(train, valid), says("1 of 2", 2));
  const copied = { ...valid, pixels: valid.pixels.map((image) => Uint8Array.from(image)) };
  assert.equal(shared(train, copied), says("1 of 2", 2));
  assert.equal(shared(train, takeRows(images, [2])), null);
});
