import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { encodeImages } from "../../src/data/encodeImages";
import type { ImageTransform } from "../../src/data/loadImageTransform";
import { useEngine } from "../../src/engine/useEngine";
import { imageInputs } from "../../src/models/imageInputs";
import { jsonBytes } from "../../src/onnx/pipelineTokenizer";
import { preprocessorConfig } from "../../src/onnx/preprocessorConfig";
import { Random } from "../../src/random";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose } from "../close";

const transform: ImageTransform = {
  size: 16,
  cropPct: 0.8,
  interpolation: "bilinear",
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.3, 0.4],
};

before(() => useEngine("cpu"));

test("Sizes are rounded down as in timm, and filters called by Pillow's numbers", () => {
  const made = (fields: Partial<ImageTransform>) => preprocessorConfig({ ...transform, ...fields });
  assert.deepEqual(made({ size: 224, cropPct: 0.95 }).size, { shortest_edge: 235 });
  assert.deepEqual(made({ size: 224, cropPct: 1 }).size, { shortest_edge: 224 });
  assert.deepEqual(made({ size: 224 }).crop_size, { height: 224, width: 224 });
  const numbers = (["nearest", "bilinear", "bicubic"] as const).map(
    (interpolation) => made({ interpolation }).resample,
  );
  assert.deepEqual(numbers, [0, 2, 3]);
});

test("Transformers.js crops and normalises by it as the kit does, in each colour", async () => {
  const folder = makeFolder();
  const random = new Random("preprocessorConfig");
  const path = join(folder, "image.png");
  const pixels = Uint8Array.from({ length: 20 * 30 * 3 }, () => random.integer(256));
  await sharp(pixels, { raw: { width: 30, height: 20, channels: 3 } })
    .png()
    .toFile(path);
  writeFileSync(join(folder, "preprocessor_config.json"), jsonBytes(preprocessorConfig(transform)));

  const { AutoProcessor, RawImage } = await import("@huggingface/transformers");
  const processor = await AutoProcessor.from_pretrained(folder, { local_files_only: true });
  const { pixel_values } = await processor(await RawImage.read(path));
  const rows = { source: folder, paths: [path], keys: [path], labels: null };
  const { pixelValues, dispose } = imageInputs(await encodeImages(rows, transform));
  const channelsFirst = tf.transpose(pixelValues, [0, 3, 1, 2]);
  assert.deepEqual(pixel_values.dims, channelsFirst.shape);
  assertClose(pixel_values.data, channelsFirst, 1e-6);
  channelsFirst.dispose();
  dispose();
});
