import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { AutoModelForImageClassification as Auto } from "../../src/checkpoint/AutoModelForImageClassification";
import { encodeImages } from "../../src/data/encodeImages";
import { loadImageTransform } from "../../src/data/loadImageTransform";
import { useEngine } from "../../src/engine/useEngine";
import type { ImageClassifier } from "../../src/models/ImageClassifier";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose } from "../close";
import { variant } from "../models/variant";
import { readAll } from "../readAll";
import { openSession, runPixels } from "./onnxRuntime";

const classes = ["cat", "dog", "owl"];
const pretrained_cfg = { input_size: [3, 64, 64], crop_pct: 0.875, interpolation: "bicubic" };

const load = (fields: Record<string, unknown> = {}) =>
  Auto.fromPretrained(variant("resnet18-narrow", { pretrained_cfg, ...fields }), { classes, log: () => {} });

/** PNG files of smooth random colours. */
async function drawImages(sizes: [width: number, height: number][]) {
  const folder = makeFolder();
  const paths = sizes.map((_, i) => join(folder, `${i}.png`));
  for (const [i, [width, height]] of sizes.entries()) {
    const noise = tf.tidy(() => tf.randomUniform([6, 6, 3], 0, 255, "int32", i).dataSync());
    await sharp(Uint8Array.from(noise), { raw: { width: 6, height: 6, channels: 3 } })
      .resize(width, height, { fit: "fill" })
      .png()
      .toFile(paths[i]);
  }
  return { source: folder, paths, keys: paths, labels: null };
}

async function exported(model: ImageClassifier): Promise<string> {
  const to = join(makeFolder(), "exported");
  await exportOnnx(model, to);
  return to;
}

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

describe("exportOnnx of an image model", () => {
  before(() => useEngine("onnxruntime"));

  for (const architecture of ["resnet18", "resnet34"])
    it(`gives ONNX Runtime the logits that ${architecture} gives here, for batches and images of any size`, async () => {
      const model = await load({ architecture });
      const session = await openSession(join(await exported(model), "onnx/model.onnx"));
      for (const [batch, height, width] of [
        [1, 64, 64],
        [3, 64, 64],
        [2, 96, 33],
        [1, 7, 50],
      ]) {
        const pixels = tf.randomNormal([batch, 3, height, width], 0, 1, "float32", height) as tf.Tensor4D;
        const { logits } = model.forward(pixels);
        const { dims, data } = await runPixels(session, pixels);
        assert.deepEqual(dims, [batch, 3]);
        assertClose(data, logits, 1e-5, `logits of [${batch}, 3, ${height}, ${width}]`);
        tf.dispose([pixels, logits]);
      }
      await session.release();
      model.dispose();
    });

  it("takes the running statistics as training has left them", async () => {
    const model = await load();
    const before = await exported(model);
    const rows = await encodeImages(
      await drawImages([
        [64, 64],
        [90, 70],
        [64, 80],
        [70, 64],
      ]),
      await loadImageTransform(model.folder),
    );
    const labels = {
      problemType: "single_label_classification" as const,
      classes,
      ids: Int32Array.of(0, 1, 2, 0),
    };
    await fineTune(model, { train: { ...rows, labels } }, { epochs: 2, batchSize: 4, learningRate: 1e-2 });
    const pixels = tf.randomNormal([2, 3, 64, 64], 0, 1, "float32", 3) as tf.Tensor4D;
    const { logits } = model.forward(pixels);
    const said: Float32Array[] = [];
    for (const folder of [before, await exported(model)]) {
      const session = await openSession(join(folder, "onnx/model.onnx"));
      said.push((await runPixels(session, pixels)).data);
      await session.release();
    }
    assertClose(said[1], logits, 1e-5);
    assert.throws(() => assertClose(said[0], logits, 1e-3), "training changed nothing");
    tf.dispose([pixels, logits]);
    model.dispose();
  });

  it("reads pixel_values and says how they are made, under the names of a ResNet of Transformers", async () => {
    const model = await load();
    const to = await exported(model);
    assert.deepEqual(readdirSync(to).sort(), ["config.json", "onnx", "preprocessor_config.json"]);
    const session = await openSession(join(to, "onnx/model.onnx"));
    assert.deepEqual(
      session.inputMetadata.map(({ name, type, shape }) => [name, type, shape]),
      [["pixel_values", "float32", ["batch_size", 3, "height", "width"]]],
    );
    await session.release();
    const { id2label, model_type, hidden_sizes, depths } = readJson(join(to, "config.json"));
    assert.deepEqual(Object.values(id2label), classes);
    assert.deepEqual([model_type, hidden_sizes, depths], ["resnet", [8, 16, 24, 32], [2, 2, 2, 2]]);
    const { size, crop_size, resample, image_mean } = readJson(join(to, "preprocessor_config.json"));
    assert.deepEqual([size, crop_size, resample], [{ shortest_edge: 73 }, { height: 64, width: 64 }, 3]);
    assert.deepEqual(image_mean, [0.485, 0.456, 0.406]);
    await exportOnnx(model, to);
    model.dispose();
  });

  it("runs in Transformers.js's pipeline, which says of image files what predict says here", async () => {
    const model = await load();
    // Of 73 pixels the shorter side, so that nothing is left to scale, and cut evenly: in both the two round in their own ways.
    const rows = await drawImages([
      [73, 73],
      [73, 100],
      [128, 73],
    ]);
    const { probabilities } = await predict(
      model,
      await encodeImages(rows, await loadImageTransform(model.folder)),
    );
    const { pipeline } = await import("@huggingface/transformers");
    const classify = await pipeline("image-classification", await exported(model), { dtype: "fp32" });
    const said = (await classify(rows.paths, { top_k: 3 })) as unknown as {
      label: string;
      score: number;
    }[][];
    assert.equal(said.length, 3);
    said.forEach((answers, row) => {
      for (const [i, label] of classes.entries()) {
        const { score } = answers.find((answer) => answer.label === label)!;
        assertClose([score], [probabilities[3 * row + i]], 1e-5, `${label} of image ${row}`);
      }
    });
    await classify.dispose();
    model.dispose();
  });

  it("leaves no tensor behind", async () => {
    const model = await load();
    readAll(model);
    const before = tf.memory().numTensors;
    await exported(model);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });
});
