import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification as Auto } from "../../src/checkpoint/AutoModelForImageClassification";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { useEngine } from "../../src/engine/useEngine";
import { freezeWhere, listParams } from "../../src/freeze";
import { assertClose } from "../close";

const folder = join(__dirname, "../fixtures/models/resnet18-narrow");
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
const runs = mkdtempSync(join(tmpdir(), "frostkit-images-"));
before(() => useEngine("cpu"));
after(() => rmSync(runs, { recursive: true }));

test("The article's own lines freeze a ResNet: by one name, by part of a name", async () => {
  const model = await Auto.fromPretrained(folder, { log: assert.fail });
  model.parameter("conv1.weight").requiresGrad = false;
  const names = freezeWhere(model, "layer1.0.");
  assert.equal(names.length, 9);
  const frozen = listParams(model).filter(({ requiresGrad }) => !requiresGrad);
  assert.deepEqual(
    frozen.map(({ name }) => name),
    ["conv1.weight", ...names],
  );
  assert.throws(() => model.parameter("layer1.0.conv.weight"), {
    message: /close: layer1\.0\.conv1\.weight/,
  });
  model.dispose();
});

test("Running statistics are loaded and saved, but are no parameters", async () => {
  const model = await Auto.fromPretrained(folder, { log: assert.fail });
  const names = listParams(model).map(({ name }) => name);
  assert.ok(!names.some((name) => /running|num_batches/.test(name)));
  const stored = openCheckpoint(folder);
  const buffers = model.namedBuffers().map(([name]) => name);
  assert.deepEqual([...names, ...buffers].sort(), [...stored.tensors.keys()].sort());
  const [, mean] = model.namedBuffers().find(([name]) => name === "layer2.0.bn1.running_mean")!;
  assert.deepEqual(await mean.value.data(), stored.readFloat32("layer2.0.bn1.running_mean"));
  stored.close();
  model.dispose();
});

test("What is saved loads again with the same logits, counts as whole numbers, in F32, F16 and BF16", async () => {
  const model = await Auto.fromPretrained(folder, { log: assert.fail });
  for (const [dtype, tolerance] of [
    ["F32", 0],
    ["F16", 5e-3],
    ["BF16", 5e-2],
  ] as const) {
    const saved = join(runs, dtype);
    await model.savePretrained(saved, { dtype });
    const checkpoint = openCheckpoint(saved);
    const { tensors } = checkpoint;
    assert.equal(tensors.get("bn1.num_batches_tracked")!.dtype, "I64");
    assert.equal(tensors.get("bn1.running_mean")!.dtype, dtype);
    // safetensors' own reader refuses whole numbers of 8 bytes that do not lie at a multiple of 8.
    for (const { dtype, byteOffset } of tensors.values())
      if (dtype === "I64") assert.equal(byteOffset % 8, 0);
    checkpoint.close();
    const again = await Auto.fromPretrained(saved, { log: assert.fail });
    const { logits } = again.forward(expected.inputs.pixel_values);
    assertClose(await logits.data(), expected.logits.flat(), 1e-5 + tolerance);
    logits.dispose();
    again.dispose();
  }
  model.dispose();
});

test("A head of another size starts anew from the seed and takes the names of the classes along", async () => {
  const said: string[] = [];
  const log = (line: string) => said.push(line);
  const model = await Auto.fromPretrained(folder, { classes: ["cat", "dog"], seed: 3, log });
  assert.deepEqual(said, [
    "newly initialised: fc.weight, fc.bias",
    "not used from the checkpoint: fc.bias, fc.weight",
  ]);
  const weights = await model.parameter("fc.weight").value.data();
  const largest = Math.max(...weights.map(Math.abs));
  assert.ok(largest <= 1 / Math.sqrt(32) && largest > 0.9 / Math.sqrt(32)); // PyTorch's uniform start of a Linear
  await model.savePretrained(join(runs, "animals"));
  const again = await Auto.fromPretrained(join(runs, "animals"), { log: assert.fail });
  assert.deepEqual(again.classes, ["cat", "dog"]);
  assert.deepEqual(await again.parameter("fc.weight").value.data(), weights);
  assert.equal(again.savedConfig().num_classes, 2);
  model.reinitialize(4);
  assert.notDeepEqual(await model.parameter("fc.weight").value.data(), weights);
  model.dispose();
  again.dispose();
});

const narrow = { architecture: "resnet18", channels: [8, 16, 24, 32], num_classes: 3 };

test("A config alone starts a model with the names, the order and the shapes that a checkpoint of it has", async () => {
  const started = await Auto.fromConfig(narrow, { log: assert.fail });
  const loaded = await Auto.fromPretrained(folder, { log: assert.fail });
  assert.deepEqual(listParams(started), listParams(loaded));
  const buffers = (model: typeof started) => model.namedBuffers().map(([name, { shape }]) => [name, shape]);
  assert.deepEqual(buffers(started), buffers(loaded));
  assert.equal(started.newlyInitialized.length, listParams(started).length);
  assert.deepEqual(started.unused, []);
  started.dispose();
  loaded.dispose();
});

test("Of the usual width it is torchvision's resnet18: 62 parameters, 11,689,512 numbers", async () => {
  const model = await Auto.fromConfig({ architecture: "resnet18", num_classes: 1000 });
  const { length, totals } = listParams(model);
  assert.deepEqual([length, totals.total], [62, 11_689_512]);
  model.dispose();
});

test("Its weights start as torchvision's do: He's deviation in convolutions, norms at one and zero, a uniform head", async () => {
  const model = await Auto.fromConfig({ ...narrow, channels: [64, 64, 64, 64] });
  const values = async (name: string) => (await model.parameter(name).value.data()) as Float32Array;
  const weights = await values("layer3.1.conv2.weight"); // [64, 64, 3, 3]
  const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
  assert.ok(Math.abs(deviation / Math.sqrt(2 / (64 * 9)) - 1) < 0.02, `${deviation}`);
  assert.deepEqual(new Set(await values("layer3.1.bn2.weight")), new Set([1]));
  assert.deepEqual(new Set(await values("layer3.1.bn2.bias")), new Set([0]));
  const largest = Math.max(...(await values("fc.weight")).map(Math.abs));
  assert.ok(largest <= 1 / 8 && largest > 0.95 / 8, `${largest}`);
  model.dispose();
});

test("The seed fixes the start: the same one gives the same weights, another one others, and reinitialize goes there", async () => {
  const started = (seed: number) => Auto.fromConfig(narrow, { seed });
  const models = [await started(1), await started(1), await started(2)];
  const [first, same, other] = models.map((model) => model.parameter("layer4.0.conv1.weight"));
  assert.deepEqual(await same.value.data(), await first.value.data());
  assert.notDeepEqual(await other.value.data(), await first.value.data());
  models[0].reinitialize(2);
  assert.deepEqual(await other.value.data(), await first.value.data());
  for (const model of models) model.dispose();
});

test("A started model is saved and then loaded like any other; before that it has neither folder nor hash", async () => {
  const model = await Auto.fromConfig(narrow, { classes: ["cat", "dog"], seed: 5 });
  const none = /^\w+: expected a model of a checkpoint, got one that started from its config alone; save it/;
  assert.throws(() => model.folder, { name: "InputError", message: none });
  assert.throws(() => model.checkpointHash(), { name: "InputError", message: none });
  const saved = join(runs, "started");
  await model.savePretrained(saved);
  const again = await Auto.fromPretrained(saved, { log: assert.fail });
  assert.deepEqual(again.classes, ["cat", "dog"]);
  assert.equal(again.folder, saved);
  const [before, after] = [model, again].map((each) => each.forward(expected.inputs.pixel_values).logits);
  assert.deepEqual(await after.data(), await before.data());
  for (const owned of [before, after, model, again]) owned.dispose();
});

test("A config that starts no model is refused, and nothing is left behind", async () => {
  const before = tf.memory().numTensors;
  await assert.rejects(Auto.fromConfig({ architecture: "resnet50" }), {
    name: "InputError",
    message: 'config: architecture "resnet50" is not supported; supported are resnet18, resnet34',
  });
  await assert.rejects(Auto.fromConfig({ ...narrow, channels: [8] }), {
    message: "config: expected 4 whole numbers as channels, got [8], which is not supported",
  });
  await assert.rejects(Auto.fromConfig(narrow, { reinitLayers: 1 } as object), {
    message:
      /^AutoModelForImageClassification.fromConfig: unknown option reinitLayers; it knows .*; AutoModelForSequenceClassification.fromPretrained takes reinitLayers$/,
  });
  assert.equal(tf.memory().numTensors, before);
});

test("What does not fit is refused by name, and nothing is left behind", async () => {
  const before = tf.memory().numTensors;
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const with_ = (change: object) => {
    const other = mkdtempSync(join(runs, "other-"));
    cpSync(folder, other, { recursive: true });
    writeFileSync(join(other, "config.json"), JSON.stringify({ ...config, ...change }));
    return Auto.fromPretrained(other, { log: () => {} });
  };
  await assert.rejects(with_({ architecture: "resnet50" }), {
    name: "InputError",
    message: /architecture "resnet50" is not supported; supported are resnet18, resnet34/,
  });
  await assert.rejects(with_({ channels: [8, 16, 24, 33] }), {
    message: /^layer4\.0\.conv1\.weight: the model's config asks for shape \[33,24,3,3\]/,
  });
  await assert.rejects(with_({ channels: [8] }), { message: /expected 4 whole numbers as channels/ });
  await assert.rejects(Auto.fromPretrained(folder, { numLabels: 3, classes: ["a", "b"] }), {
    message: "numLabels: expected 2, the number of classes, got 3",
  });
  await assert.rejects(Auto.fromPretrained(folder, { head: { pooling: "mean" } } as object), {
    name: "InputError",
    message:
      /fromPretrained: unknown option head; .*; AutoModelForSequenceClassification.fromPretrained takes head$/,
  });
  assert.equal(tf.memory().numTensors, before);
});

test("ignoreMismatchedSizes starts weights of another shape anew, running statistics too, as the error says", async () => {
  const other = mkdtempSync(join(runs, "wider-"));
  cpSync(folder, other, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  writeFileSync(join(other, "config.json"), JSON.stringify({ ...config, channels: [8, 16, 24, 33] }));
  const options = { seed: 5, log: () => {} };
  await assert.rejects(Auto.fromPretrained(other, options), {
    message: /^layer4\.0\.conv1\.weight: .*; pass ignoreMismatchedSizes: true to start it anew$/,
  });
  const model = await Auto.fromPretrained(other, { ...options, ignoreMismatchedSizes: true });
  assert.ok(model.newlyInitialized.includes("fc.weight"));
  assert.ok(model.newlyInitialized.every((name) => /^(layer4|fc)\./.test(name)));
  const [, variance] = model.namedBuffers().find(([name]) => name === "layer4.1.bn2.running_var")!;
  assert.deepEqual(await variance.value.data(), new Float32Array(33).fill(1));
  const { logits } = model.forward(expected.inputs.pixel_values);
  assert.ok((await logits.data()).every(Number.isFinite));
  logits.dispose();
  model.dispose();
});

test("forward says which shape of pixels it expected", async () => {
  const model = await Auto.fromPretrained(folder, { log: assert.fail });
  assert.throws(() => model.forward([[[[1]]]]), {
    name: "InputError",
    message: "pixelValues: expected [batch, 3, height, width], got [1,1,1,1]",
  });
  model.dispose();
});
