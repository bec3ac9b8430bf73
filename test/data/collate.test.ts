import assert from "node:assert/strict";
import { test } from "node:test";
import { collate } from "../../src/data/collate";
import type { EncodedDataset } from "../../src/data/tokenize";

const dataset: EncodedDataset = {
  inputIds: [Int32Array.of(2, 7, 3), Int32Array.of(2, 8, 8, 8, 3), Int32Array.of(2, 3)],
  tokenTypeIds: [Int32Array.of(0, 0, 1), Int32Array.of(0, 0, 1, 1, 1), Int32Array.of(0, 1)],
  labels: null,
  truncated: 0,
  maxLength: 6,
  padTokenId: 9,
  hash: "",
};

test("Rows are padded on the right to the longest of them, with the tokenizer's padding token", () => {
  assert.deepEqual(collate(dataset, [2, 0]), {
    batchSize: 2,
    sequenceLength: 3,
    lengths: Int32Array.of(2, 3),
    inputIds: Int32Array.of(2, 3, 9, 2, 7, 3),
    attentionMask: Int32Array.of(1, 1, 0, 1, 1, 1),
    tokenTypeIds: Int32Array.of(0, 1, 0, 0, 0, 1),
  });
});

test("Token types are zeros where the tokenizer has none", () => {
  const { tokenTypeIds } = collate({ ...dataset, tokenTypeIds: null }, [1, 2]);
  assert.deepEqual(tokenTypeIds, new Int32Array(10));
});

test("The dataset is not touched, and the batch shares no memory with it", () => {
  const batch = collate(dataset, Int32Array.of(0));
  batch.inputIds.fill(0);
  batch.tokenTypeIds.fill(5);
  assert.deepEqual(dataset.inputIds[0], Int32Array.of(2, 7, 3));
  assert.deepEqual(dataset.tokenTypeIds?.[0], Int32Array.of(0, 0, 1));
});

test("No rows, or a row that is not there, are errors", () => {
  assert.throws(() => collate(dataset, []), /rows of a batch: expected an integer of at least 1, got 0/);
  assert.throws(() => collate(dataset, [0, 3]), /row: expected an integer from 0 to 2, got 3/);
});
