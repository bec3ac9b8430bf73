import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, test } from "node:test";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { checkTarget } from "../../src/checkpoint/checkTarget";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { makeFolder } from "./madeByHand";

const start = process.cwd();
afterEach(() => process.chdir(start));

for (const name of ["", " ", "\t", undefined, null, 3])
  test(`A folder called ${JSON.stringify(name)} is none to save to`, () => {
    assert.throws(
      () => checkTarget(name as string),
      /^InputError: expected the name of a folder to save to, got /,
    );
  });

for (const [title, name] of [
  [".", () => "."],
  ["the working directory by its path", () => process.cwd()],
  ["the working directory by another spelling", () => `../${relative("..", process.cwd())}/x/..`],
  ["a folder around the working directory", () => ".."],
  ["the root", () => "/"],
  ["the home folder", () => homedir()],
  ["a folder around the home folder", () => dirname(homedir())],
] as const)
  test(`${title} is refused, for a save would replace all that it holds`, () => {
    assert.throws(
      () => checkTarget(name()),
      /^InputError: .*expected a folder to save to, got the (working directory|home folder)/,
    );
  });

test("A link to the working directory is refused, and so is a path through one", () => {
  const folder = makeFolder();
  mkdirSync(join(folder, "work", "here"), { recursive: true });
  symlinkSync(join(folder, "work"), join(folder, "link"));
  process.chdir(join(folder, "work", "here"));
  for (const name of [join(folder, "link"), join(folder, "link", "here")])
    assert.throws(() => checkTarget(name), /the working directory or one around it/);
  checkTarget(join(folder, "link", "other"));
});

test("Folders inside the working directory, and elsewhere, may be saved to", () => {
  for (const name of ["runs/model", "./model", "../beside", join(makeFolder(), "new")])
    assert.doesNotThrow(() => checkTarget(name), name);
});

test("Whatever is saved under no name, or over the working directory, everything there stays", async () => {
  const folder = makeFolder();
  process.chdir(folder);
  writeFileSync("notes.txt", "mine\n");
  mkdirSync("data");
  writeFileSync("data/train.csv", "text\n");
  const model = await Auto.fromPretrained(join(__dirname, "../fixtures/models/bert"), { log() {} });
  for (const name of ["", ".", folder]) {
    await assert.rejects(model.savePretrained(name), /expected (a folder|the name of a folder) to save to/);
    await assert.rejects(exportOnnx(model, name), /expected (a folder|the name of a folder) to save to/);
    await assert.rejects(saveCheckpoint(name, { config: {}, tensors: [] }), /to save to/);
  }
  model.dispose();
  assert.deepEqual(readdirSync(folder).sort(), ["data", "notes.txt"]);
  assert.equal(readFileSync("data/train.csv", "utf8"), "text\n");
  assert.ok(existsSync(folder));
});
