import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dataset } from "../../src/data/Rows";
import { rowsOf } from "../../src/data/rowsOf";
import { saySharedRows } from "../../src/data/saySharedRows";
import { takeRows } from "../../src/data/takeRows";
import { toyRows } from "../training/toyData";

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
