import assert from "node:assert/strict";
import { test } from "node:test";
import { augmentedViews } from "../../src/data/augmentedViews";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { PixelRows } from "../../src/data/PixelRows";
import { rowsOf } from "../../src/data/rowsOf";
import { toyRows } from "../training/toyData";
import { imagesOf, transformTo } from "./images";

const transform = transformTo(8);
const draw = { seed: 2, epoch: 3 };
const images = async () => {
  const path = await imagesOf("steps", { blue: [60, 60, 180], red: [180, 60, 60] }, { count: 3 });
  return encodeImages(await imageFolder(path), transform, { augment: {} });
};
const steps = [[Int32Array.of(4, 1), Int32Array.of(0)], [Int32Array.of(5, 2)]];

test("What does not vary is every step's own data: texts, and images without augmentation", async () => {
  const { augmented: _, ...plain } = await images();
  for (const dataset of [toyRows(8), plain]) {
    const rows = rowsOf(dataset);
    assert.equal(rows.varies, false);
    assert.equal(await rows.epoch(draw)(steps[0], steps[1]), rows);
  }
});

test("Of augmented images each step gets the views of its rows, at their row numbers, and of no others", async () => {
  const dataset = await images();
  assert.equal(rowsOf(dataset).varies, true);
  const of = rowsOf(dataset).epoch(draw);
  const all = await augmentedViews({ ...dataset, augmented: dataset.augmented! }, [0, 1, 2, 3, 4, 5], draw);
  for (const [i, rows] of steps.entries()) {
    const step = await of(rows, steps[i + 1] ?? []);
    assert.ok(step instanceof PixelRows);
    const { pixels, ...rest } = step.dataset;
    const held = rows.flatMap((batch) => [...batch]).sort();
    assert.deepEqual(Object.keys(pixels).map(Number), held);
    for (const row of held) assert.deepEqual(pixels[row], all[row]);
    assert.deepEqual({ ...rest, pixels: dataset.pixels }, dataset);
  }
});

test("A file that has gone fails the step that needs it, not the one before, and nothing that nobody waits for", async () => {
  const dataset = await images();
  dataset.augmented!.paths[5] = "gone.png";
  const of = rowsOf(dataset).epoch(draw);
  await of(steps[0], steps[1]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await assert.rejects(of(steps[1], []), { name: "InputError", message: /^gone\.png \(/ });
  // A run that is stopped here leaves the next step's failure alone: unhandled, it would end the process.
  await rowsOf(dataset).epoch(draw)(steps[0], steps[1]);
  await new Promise((resolve) => setTimeout(resolve, 50));
});
