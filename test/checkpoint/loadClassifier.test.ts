import assert from "node:assert/strict";
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { FileTensor } from "../../src/checkpoint/FileTensor";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { useEngine } from "../../src/engine/useEngine";
import { FrostError } from "../../src/errors";
import { freezeWhere, listParams, topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { parameterHash } from "../../src/nn/parameterHash";
import { adaptToTexts } from "../../src/training/adaptToTexts";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { onEveryEngineAndWebgpu, onEveryFastEngine } from "../onEveryEngine";
import { readAll } from "../readAll";
import { tinyBert, toyRows } from "../training/toyData";
import { makeFolder, safetensorsBytes } from "./madeByHand";
import { bytesRead, isOpen, openFiles, skipWithoutProc } from "./openFiles";
import { writeSafetensors } from "./writeSafetensors";

// The tables of tests are small ones.
FileTensor.large = 0;

const input = { inputIds: [[2, 17, 42, 99, 3, 17]] };
const load = (folder: string): Promise<SequenceClassifier> =>
  Auto.fromPretrained(folder, { log: assert.fail });
const weightsOf = (folder: string) => join(folder, "model.safetensors");

/** The tiny BERT in a folder of its own. */
function copied(): string {
  const folder = makeFolder();
  for (const file of ["config.json", "model.safetensors"])
    copyFileSync(join(tinyBert, file), join(folder, file));
  return folder;
}

async function logitsOf(model: SequenceClassifier): Promise<Float32Array> {
  const { logits } = model.forward(input);
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return values.slice();
}

const all = (model: Classifier) => [...model.namedParameters(), ...model.namedBuffers()];
const unread = (model: Classifier) => all(model).flatMap(([name, { stored }]) => (stored ? name : []));

const WORDS = "bert.embeddings.word_embeddings.weight";
const TABLES = [
  WORDS,
  ...["position", "token_type"].map((table) => `bert.embeddings.${table}_embeddings.weight`),
];

describe("A model that is loaded", () => {
  it("has read nothing but names and shapes, and tells of them without reading", {
    skip: skipWithoutProc,
  }, async () => {
    await useEngine("onnxruntime");
    (await load(tinyBert)).dispose(); // whatever the kit itself reads on the way
    const tensors = tf.memory().numTensors;
    const before = bytesRead();
    const model = await load(tinyBert);
    assert.equal(
      listParams(model).totals.total,
      listParams(model).reduce((sum, { size }) => sum + size, 0),
    );
    topNLayerFreeze(model, 1);
    freezeWhere(model, "*.bias");
    for (const [, parameter] of all(model)) parameter.snapshot().dispose();
    const read = bytesRead() - before;
    const { size } = statSync(weightsOf(tinyBert));
    assert.ok(read < size / 2, `${read} bytes of ${size}`);
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(
      unread(model),
      all(model).map(([name]) => name),
    );
    model.dispose();
  });

  it("has its weights file open while any of them is unread, and no longer", {
    skip: skipWithoutProc,
  }, async () => {
    await useEngine("onnxruntime");
    const folder = copied();
    for (const end of [readAll, (model: Classifier) => model.dispose()]) {
      const model = await load(folder);
      assert.deepEqual(openFiles(folder), [weightsOf(folder)]);
      const first = model.parameter("classifier.bias");
      first.value.dataSync();
      assert.deepEqual(openFiles(folder), [weightsOf(folder)]);
      end(model);
      assert.deepEqual(openFiles(folder), []);
      model.dispose();
    }
    await assert.rejects(Auto.fromPretrained(folder, { numLabels: 5 }), { name: "InputError" });
    assert.deepEqual(openFiles(folder), []);
  });

  it("opens no file for long that it takes nothing of", { skip: skipWithoutProc }, async () => {
    await useEngine("onnxruntime");
    const folder = sharded();
    const [first, second] = [1, 2].map((shard) => join(folder, `model-0000${shard}-of-00002.safetensors`));
    const model = await load(folder);
    assert.deepEqual(openFiles(folder).sort(), [first, second]);
    for (const name of unread(model)) if (/embeddings|layer\.0/.test(name)) model.parameter(name).value;
    assert.deepEqual([isOpen(first), isOpen(second)], [false, true]);
    model.dispose();
    assert.deepEqual(openFiles(folder), []);
  });

  it("leaves nothing open behind a head for masked words either", { skip: skipWithoutProc }, async () => {
    await useEngine("onnxruntime");
    const folder = copied();
    const model = await load(folder);
    await adaptToTexts(model, toyRows(4), { maskTokenId: 4, batchSize: 4 });
    readAll(model);
    assert.deepEqual(openFiles(folder), []);
    model.dispose();
  });

  it("reads all at once on Windows, where a folder with an open file in it cannot be replaced", async () => {
    await useEngine("onnxruntime");
    const { platform } = process;
    Object.defineProperty(process, "platform", { value: "win32" });
    try {
      const model = await load(tinyBert);
      assert.deepEqual(unread(model), []);
      model.dispose();
    } finally {
      Object.defineProperty(process, "platform", { value: platform });
    }
  });
});

/** The tiny BERT in two files. */
function sharded(): string {
  const folder = makeFolder();
  copyFileSync(join(tinyBert, "config.json"), join(folder, "config.json"));
  const checkpoint = openCheckpoint(tinyBert);
  const map: Record<string, string> = {};
  const shards: Parameters<typeof writeSafetensors>[1][] = [[], []];
  for (const [name, { shape }] of checkpoint.tensors) {
    const shard = /embeddings|layer\.0/.test(name) ? 0 : 1;
    map[name] = `model-0000${shard + 1}-of-00002.safetensors`;
    (shards[shard] as object[]).push({ name, shape, data: checkpoint.readFloat32(name) });
  }
  checkpoint.close();
  shards.forEach((tensors, i) => {
    writeSafetensors(join(folder, `model-0000${i + 1}-of-00002.safetensors`), tensors);
  });
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
  return folder;
}

/** The tiny BERT with its weights stored as another type. */
async function storedAs(dtype: "F16" | "BF16" | "F64"): Promise<string> {
  const folder = makeFolder();
  const checkpoint = openCheckpoint(tinyBert);
  const tensors = [...checkpoint.tensors].map(([name, { shape }]) => ({
    name,
    shape,
    data: () => checkpoint.readFloat32(name),
  }));
  if (dtype !== "F64") await saveCheckpoint(folder, { config: checkpoint.config, tensors, dtype });
  else {
    const bytes = tensors.map(({ data }) => Buffer.from(Float64Array.from(data()).buffer));
    let end = 0;
    const header = Object.fromEntries(
      tensors.map(({ name, shape }, i) => {
        const begin = end;
        end += bytes[i].length;
        return [name, { dtype, shape, data_offsets: [begin, end] }];
      }),
    );
    writeFileSync(weightsOf(folder), safetensorsBytes(header, Buffer.concat(bytes)));
    copyFileSync(join(tinyBert, "config.json"), join(folder, "config.json"));
  }
  checkpoint.close();
  return folder;
}

onEveryEngineAndWebgpu("An unread model", (engine) => {
  // On WebGPU tables are read whole: it takes a wait to know which rows.
  const tables = engine === "webgpu" ? [] : TABLES;
  // Nothing comes of the bias of a last block's keys.
  const left = [...tables, "bert.encoder.layer.2.attention.self.key.bias"];

  it("answers as one that was read, to the bit, and of its tables reads the rows asked for alone", async () => {
    const tensors = tf.memory().numTensors;
    const [model, whole] = [await load(tinyBert), await load(tinyBert)];
    readAll(whole);
    const logits = await logitsOf(whole);
    for (const _ of [1, 2]) assert.deepEqual(await logitsOf(model), logits);
    assert.deepEqual(unread(model), left);
    for (const [name, parameter] of all(model)) {
      const other = await whole.parameter(name).data();
      assert.deepEqual(await parameter.data(), other, name);
      assert.equal(await parameterHash(parameter), await parameterHash(whole.parameter(name)), name);
    }
    assert.deepEqual(unread(model), left);
    model.dispose();
    whole.dispose();
    assert.equal(tf.memory().numTensors, tensors);
  });

  it("answers from a folder that is gone", async () => {
    const folder = copied();
    const [model, whole] = [await load(folder), await load(folder)];
    readAll(whole);
    rmSync(folder, { recursive: true });
    assert.deepEqual(await logitsOf(model), await logitsOf(whole));
    model.dispose();
    whole.dispose();
  });

  it("is saved as it stands in its file, into the same folder again too, and goes on from what it was", async () => {
    const [folder, saved] = [copied(), join(makeFolder(), "saved")];
    const model = await load(folder);
    await model.savePretrained(saved);
    assert.deepEqual(
      unread(model),
      all(model).map(([name]) => name),
    );
    const [before, after] = [openCheckpoint(tinyBert), openCheckpoint(saved)];
    assert.deepEqual([...after.tensors.keys()].sort(), [...before.tensors.keys()].sort());
    for (const name of before.tensors.keys())
      assert.deepEqual(after.readFloat32(name), before.readFloat32(name), name);
    for (const checkpoint of [before, after]) checkpoint.close();
    const again = await load(saved);
    assert.deepEqual(await logitsOf(model), await logitsOf(again));
    // With one weight changed and the others unread, half of what is written is the file's.
    model.parameter("classifier.bias").assign(tf.tensor1d([1, 2, 3]));
    await model.savePretrained(saved);
    const changed = openCheckpoint(saved);
    assert.deepEqual(changed.readFloat32("classifier.bias"), Float32Array.of(1, 2, 3));
    changed.close();
    // What was loaded from the replaced folder still answers as it did.
    assert.notDeepEqual(await logitsOf(again), await logitsOf(model));
    for (const each of [model, again]) each.dispose();
  });

  it("refuses to go on where its file was written to, and names file and parameter", async () => {
    const folder = copied();
    const model = await load(folder);
    const file = weightsOf(folder);
    writeFileSync(file, readFileSync(file).reverse());
    const tensors = tf.memory().numTensors;
    const refused = (name: string) =>
      new FrostError(
        `${file}: was changed after it was opened, so parameter ${name} can no longer be read from it: load the model anew`,
      );
    assert.throws(() => model.forward(input), refused(WORDS));
    assert.throws(() => model.parameter("classifier.bias").value, refused("classifier.bias"));
    await assert.rejects(parameterHash(model.parameter(WORDS)), refused(WORDS));
    await assert.rejects(model.savePretrained(join(makeFolder(), "saved")), refused(WORDS));
    assert.equal(tf.memory().numTensors, tensors);
    model.dispose();
  });

  for (const dtype of ["F16", "BF16", "F64"] as const)
    it(`answers from weights stored as ${dtype} as one that was read`, async () => {
      const folder = await storedAs(dtype);
      const [model, whole] = [await load(folder), await load(folder)];
      readAll(whole);
      assert.deepEqual(await logitsOf(model), await logitsOf(whole));
      assert.deepEqual(unread(model), left);
      if (dtype === "F64") {
        const exact = await load(tinyBert);
        assert.deepEqual(await logitsOf(exact), await logitsOf(whole));
        exact.dispose();
      }
      model.dispose();
      whole.dispose();
    });

  it("answers from several files, and from a .bin, as one that was read", async () => {
    const twin = join(__dirname, "../fixtures/torch/model");
    const bin = makeFolder();
    for (const file of ["config.json", "pytorch_model.bin"]) copyFileSync(join(twin, file), join(bin, file));
    for (const folder of [sharded(), bin]) {
      const [model, whole] = [await load(folder), await load(folder)];
      readAll(whole);
      const ids = { inputIds: [[2, 17, 21, 9, 3]] };
      const [one, other] = [model, whole].map((each) => each.forward(ids).logits);
      assert.deepEqual(await one.data(), await other.data(), folder);
      assert.equal(unread(model).includes(WORDS), engine !== "webgpu");
      for (const owned of [one, other, model, whole]) owned.dispose();
    }
  });

  it("of images has its running statistics in the file too", async () => {
    const folder = join(__dirname, "../fixtures/models/resnet18-narrow");
    const model = await AutoModelForImageClassification.fromPretrained(folder, { log: assert.fail });
    assert.equal(unread(model).length, all(model).length);
    assert.ok(unread(model).includes("bn1.running_var"));
    const { logits } = model.forward(tf.zeros([1, 3, 40, 40]));
    await logits.data();
    assert.deepEqual(
      unread(model).filter((name) => !name.endsWith("num_batches_tracked")),
      [],
    );
    logits.dispose();
    model.dispose();
  });
});

onEveryFastEngine("An unread model that is trained", () => {
  const [train, valid] = [toyRows(16), toyRows(8, "valid")];
  const options = { epochs: 2, batchSize: 4, learningRate: 3e-3, seed: 1 };
  const tiny = (folder = tinyBert) =>
    Auto.fromPretrained(folder, { classes: ["odd", "even"], ignoreMismatchedSizes: true, log: () => {} });

  for (const [title, own] of [
    ["features kept", {}],
    ["every row run anew at each step", { frozenDropout: true }],
    ["blocks computed twice", { gradientCheckpointing: true }],
  ] as const)
    it(`learns what one that was read learns, to the bit, and leaves frozen tables unread: ${title}`, async () => {
      const [model, whole] = [await tiny(), await tiny()];
      readAll(whole);
      const [one, other] = await Promise.all(
        [model, whole].map(async (each) => {
          topNLayerFreeze(each, 0);
          const { epochs } = await fineTune(each, { train, valid }, { ...options, ...own });
          const numbers = epochs.map(({ trainLoss, validLoss }) => [trainLoss, validLoss]);
          return { numbers, probabilities: (await predict(each, valid)).probabilities };
        }),
      );
      assert.deepEqual(one, other);
      assert.deepEqual(unread(model), TABLES);
      for (const [name, parameter] of all(model))
        assert.deepEqual(await parameter.data(), await whole.parameter(name).data(), name);
      model.dispose();
      whole.dispose();
    });

  it("reads tables that learn, and learns the same", async () => {
    const [model, whole] = [await tiny(), await tiny()];
    readAll(whole);
    for (const each of [model, whole]) await fineTune(each, { train }, options);
    assert.deepEqual(unread(model), []);
    for (const [name, { value }] of all(model))
      assert.deepEqual(value.dataSync(), whole.parameter(name).value.dataSync(), name);
    model.dispose();
    whole.dispose();
  });

  it("restores its best epoch and is saved with tables that nobody has read", async () => {
    const folder = copied();
    const model = await tiny(folder);
    topNLayerFreeze(model, 1);
    await fineTune(model, { train, valid }, { ...options, restoreBest: true });
    assert.deepEqual(unread(model), TABLES);
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    const again = await tiny(saved);
    assert.deepEqual(
      (await predict(again, valid)).probabilities,
      (await predict(model, valid)).probabilities,
    );
    model.dispose();
    again.dispose();
  });
});
