import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EncodedImages } from "../../src/data/EncodedImages";
import type { Dataset } from "../../src/data/Rows";
import { rowsOf } from "../../src/data/rowsOf";
import { toyRows } from "../training/toyData";

const rows = toyRows(6);
const contentHash = (dataset: Dataset) => rowsOf(dataset).contentHash();

test("What was changed by hand has another hash, whatever the field says that a copy carries along", () => {
  const { inputIds, labels } = rows;
  const others = [
    { ...rows, inputIds: inputIds.slice(0, 3) },
    { ...rows, inputIds: [...inputIds].reverse() },
    { ...rows, inputIds: [Int32Array.from([...inputIds[0], ...inputIds[1]]), ...inputIds.slice(2)] },
    { ...rows, tokenTypeIds: inputIds.map((ids) => new Int32Array(ids.length)) },
    { ...rows, labels: null },
    { ...rows, labels: { ...labels!, ids: Int32Array.of(1, 1, 1, 1, 1, 1) } as typeof labels },
    { ...rows, labels: { ...labels!, classes: ["even", "odd"] } as typeof labels },
  ];
  assert.equal(new Set([rows, ...others].map(contentHash)).size, 8);
  const another = { ...rows, hash: "another" };
  assert.equal(contentHash(another), contentHash(rows));
  // Of what a model reads labels are no part.
  assert.equal(new Set([rows, ...others].map((dataset) => rowsOf(dataset).hash())).size, 5);
});

test("An array that was written over since has another hash", () => {
  const copy = { ...rows, inputIds: rows.inputIds.map((ids) => ids.slice()) };
  const before = contentHash(copy);
  assert.equal(before, contentHash(rows));
  copy.inputIds[2][1] += 2;
  assert.notEqual(contentHash(copy), before);
});

test("Of images bytes, normalisation and how views are drawn count, and where the files lie does not", () => {
  const augmented = {
    scale: [0.5, 1],
    ratio: [1, 1],
    hflip: 0.5,
    paths: ["a.png"],
    headers: [{ width: 4, height: 4, hasAlpha: false }],
    interpolation: "bicubic",
  } as const;
  const images = {
    pixels: [Uint8Array.of(1, 2, 3)],
    height: 1,
    width: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    labels: null,
    augmented: { ...augmented, paths: ["a.png"], headers: [...augmented.headers] },
    hash: "",
  } satisfies EncodedImages;
  const others = [
    { ...images, pixels: [Uint8Array.of(1, 2, 4)] },
    { ...images, std: [1, 1, 2] },
    { ...images, augmented: undefined },
    { ...images, augmented: { ...images.augmented, hflip: 0 } },
  ];
  assert.equal(new Set([images, ...others].map(contentHash)).size, 5);
  const moved = { ...images, augmented: { ...images.augmented, paths: ["b.png"] } };
  assert.equal(contentHash(moved), contentHash(images));
});

test("Rows tell their count, lengths and size, also of a dataset made by hand of tokens and labels alone", () => {
  const texts = rowsOf({ inputIds: rows.inputIds, labels: rows.labels } as typeof rows);
  const lengths = rows.inputIds.map((ids) => ids.length);
  assert.deepEqual([texts.kind, texts.count, [...texts.lengths]], ["texts", 6, lengths]);
  assert.deepEqual([texts.size, texts.longest], [lengths.reduce((a, b) => a + b), Math.max(...lengths)]);
  assert.deepEqual([texts.labels, texts.readAs], [rows.labels, null]);
  assert.equal(`${texts}`, `texts of up to ${Math.max(...lengths)} tokens`);
  assert.equal(rowsOf({ ...rows, inputIds: [] }).longest, 0);
  const images = rowsOf({
    ...{ pixels: [new Uint8Array(6), new Uint8Array(6)], height: 1, width: 2 },
    ...{ mean: [0, 0, 0], std: [1, 1, 1], labels: null, hash: "" },
  });
  assert.deepEqual([images.kind, images.count, [...images.lengths]], ["images", 2, [1, 1]]);
  assert.deepEqual([images.size, images.longest], [12, 1]);
  assert.equal(`${images}`, "images of 1 x 2 pixels");
});

test("Rows show what is changed in their dataset later on", () => {
  const dataset = { ...rows, inputIds: [...rows.inputIds] };
  const wrapped = rowsOf(dataset);
  const before = wrapped.hash();
  dataset.inputIds.push(Int32Array.of(2, 3));
  assert.equal(wrapped.count, 7);
  assert.notEqual(wrapped.hash(), before);
});

test("A batch holds its rows alone, texts padded to the longest of them", () => {
  const lengths = rows.inputIds.map((ids) => ids.length);
  const batch = rowsOf(rows).batch(Int32Array.of(4, 1));
  assert.deepEqual([...batch.lengths], [lengths[4], lengths[1]]);
  assert.equal(batch.sequenceLength, Math.max(lengths[4], lengths[1]));
});

test("Whether rows are texts or images is asked by rowsOf, and neither in training nor in a sweep", () => {
  const src = join(__dirname, "../../src");
  const asking = ["data", "training", "sweep"].flatMap((room) =>
    readdirSync(join(src, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .filter((file) => /"(pixels|inputIds)" in /.test(readFileSync(join(src, room, file), "utf8")))
      .map((file) => `${room}/${file}`),
  );
  assert.deepEqual(asking.sort(), ["data/rowsOf.ts", "data/takeRows.ts"]);
});
