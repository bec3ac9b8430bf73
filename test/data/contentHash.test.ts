import assert from "node:assert/strict";
import { test } from "node:test";
import { contentHash, rowsHash } from "../../src/data/contentHash";
import type { EncodedImages } from "../../src/data/EncodedImages";
import { toyRows } from "../training/toyData";

const rows = toyRows(6);

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
  assert.equal(new Set([rows, ...others].map(rowsHash)).size, 5);
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
