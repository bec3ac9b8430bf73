import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const path = tinyTable("rows.csv", 24, (kind) => `${kind}`);
const base = ["finetune", "--model", model, "--train", path, "--engine", "onnxruntime", "--epochs", "2"];

test("A mean of the weights is saved, another one by another decay, and what is none is refused", async () => {
  const saved = async (name: string, ...more: string[]) => {
    const { code, stderr } = await frostkit(...base, "--lr", "1e-2", "--save", name, ...more);
    assert.equal(code, 0, stderr);
    const checkpoint = openCheckpoint(join(folder, name));
    return [...checkpoint.readFloat32("classifier.weight")];
  };
  const [raw, ema, short, swa] = [
    await saved("raw"),
    await saved("ema", "--average", "ema"),
    await saved("short", "--average", "ema=0"),
    await saved("swa", "--average", "swa=1"),
  ];
  // An EMA that keeps nothing is the weights themselves.
  for (const [i, value] of short.entries()) assert.ok(Math.abs(value - raw[i]) < 1e-6);
  for (const averaged of [ema, swa]) assert.notDeepEqual(averaged, raw);
  assert.notDeepEqual(ema, swa);

  for (const given of ["mean", "ema=1", "ema=", "swa=0", "swa=1.5", "swa=1=2"]) {
    const { code, stderr } = await frostkit(...base, "--average", given);
    assert.equal(code, 2);
    assert.match(stderr, /--average.*Expected ema, ema=0\.99, a decay below 1, swa or swa=3, an epoch/);
  }
  const late = await frostkit(...base, "--average", "swa=3");
  assert.equal(late.code, 2);
  assert.match(late.stderr, /average\.fromEpoch: expected one of the 2 epochs, got 3/);
});

test("Weights are disturbed from an epoch on, to another model, and what disturbs nothing is refused", async () => {
  const saved = async (name: string, ...more: string[]) => {
    const { code, stderr } = await frostkit(
      ...base,
      "--lr",
      "1e-2",
      "--freeze",
      "0",
      "--save",
      name,
      ...more,
    );
    assert.equal(code, 0, stderr);
    const checkpoint = openCheckpoint(join(folder, name));
    return [...checkpoint.readFloat32("classifier.weight")];
  };
  const [none, late, all] = [
    await saved("none"),
    await saved("late", "--adversarial", "awp=2"),
    await saved("all", "--adversarial", "awp"),
  ];
  assert.notDeepEqual(late, none);
  assert.notDeepEqual(all, late);
  for (const [given, message] of [
    ["pgd", /--adversarial.*Expected fgm or awp, or with the first epoch that has it, awp=2/],
    ["awp=0", /--adversarial.*Expected fgm or awp/],
    ["fgm", /adversarial: expected word embeddings that learn/],
  ] as const) {
    const { code, stderr } = await frostkit(...base, "--freeze", "0", "--adversarial", given);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

test("Rows go through the model so many at a time, to the same model but for rounding, or as many as fit", async () => {
  const saved = async (name: string, ...more: string[]) => {
    const { code, stderr } = await frostkit(...base, "--lr", "1e-2", "--save", name, ...more);
    assert.equal(code, 0, stderr);
    const checkpoint = openCheckpoint(join(folder, name));
    return [...checkpoint.readFloat32("classifier.weight")];
  };
  const [whole, few, auto] = [
    await saved("at-once"),
    await saved("few", "--micro-batch", "5"),
    await saved("as-fit", "--micro-batch-size", "auto"),
  ];
  assert.deepEqual(auto, whole, "all fit");
  assert.notDeepEqual(few, whole, "other roundings");
  for (const [i, value] of few.entries()) assert.ok(Math.abs(value - whole[i]) < 1e-3);
  for (const given of ["0", "1.5", "all"]) {
    const { code, stderr } = await frostkit(...base, "--micro-batch", given);
    assert.equal(code, 2);
    assert.match(stderr, /--micro-batch.*Expected a whole number of rows, or auto/);
  }
});
