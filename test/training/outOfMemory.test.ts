import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "../../src/data/rowsOf";
import { explainOutOfMemory } from "../../src/training/outOfMemory";
import { toyRows } from "./toyData";

const texts = (tokens: number) => rowsOf({ ...toyRows(1), inputIds: [new Int32Array(tokens)] });
const images = rowsOf({
  ...{ pixels: [new Uint8Array(12)], height: 2, width: 2 },
  ...{ mean: [0, 0, 0], std: [1, 1, 1], labels: null, hash: "" },
});
const said = (batchSize: number, ...rows: ReturnType<typeof texts>[]) =>
  (explainOutOfMemory(new Error("OOM when allocating tensor"), batchSize, rows, 1) as Error).message;

test("Memory that ran out on texts: their longest row is named, and what makes a batch smaller", () => {
  assert.equal(
    said(16, texts(20), texts(64)),
    "the engine ran out of memory on a batch of 16 texts of up to 64 tokens: try batchSize: 8 with gradientAccumulation: 2, " +
      "which trains the same, or maxLength: 32, or freezing one block more",
  );
  assert.equal(
    said(1, texts(20)),
    "the engine ran out of memory on a batch of 1 texts of up to 20 tokens: try freezing one block more",
  );
});

test("Memory that ran out on images: their size is named, and no number of tokens", () => {
  assert.equal(
    said(3, images),
    "the engine ran out of memory on a batch of 3 images of 2 x 2 pixels: try batchSize: 2 with gradientAccumulation: 2, " +
      "which trains the same, or freezing one block more",
  );
});

test("Where batches are accumulated already, or cut, the advice trains the same all the same", () => {
  const told = (...given: [accumulated: number, rows?: number]) =>
    (explainOutOfMemory(new Error("OOM"), 16, [texts(20)], ...given) as Error).message;
  const of = (rows: number) =>
    `the engine ran out of memory on a batch of ${rows} texts of up to 20 tokens: try`;
  assert.equal(
    told(3),
    `${of(16)} batchSize: 8 with gradientAccumulation: 6, which trains the same, or freezing one block more`,
  );
  assert.equal(told(3, 4), `${of(4)} microBatchSize: 2, which trains the same, or freezing one block more`);
  assert.equal(told(1, 1), `${of(1)} freezing one block more`);
});

test("Where nothing learns no advice is given that is about training", () => {
  const told = (batchSize: number, tokens: number) =>
    (explainOutOfMemory(new Error("OOM"), batchSize, [texts(tokens)], null) as Error).message;
  const of = (batch: number) => `the engine ran out of memory on a batch of ${batch} texts of up to`;
  assert.equal(told(16, 64), `${of(16)} 64 tokens: try batchSize: 8, or maxLength: 32`);
  assert.equal(told(1, 20), `${of(1)} 20 tokens`);
});

test("Any other error stays itself", () => {
  const error = new Error("no such file");
  assert.equal(explainOutOfMemory(error, 8, [images], 1), error);
  assert.equal(explainOutOfMemory("thrown text", 8, [images], 1), "thrown text");
});
