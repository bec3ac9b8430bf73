import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, test } from "node:test";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { checkTarget } from "../../src/files/checkTarget";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { makeFolder } from "../checkpoint/madeByHand";

const bert = join(__dirname, "../fixtures/models/bert");
const pretrained = join(__dirname, "../fixtures/mini-bert-en");
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

test("The folder that a model was loaded from is never saved over, whatever it is called and whoever wrote it", async () => {
  const folder = makeFolder();
  process.chdir(folder);
  const model = await Auto.fromPretrained(bert, { log() {} });
  await model.savePretrained("first");
  model.dispose();
  symlinkSync("first", "link");
  symlinkSync(folder, "round");
  const loaded = await Auto.fromPretrained("link", { log() {} });
  const before = readFileSync("first/model.safetensors");
  mkdirSync("elsewhere");
  const names = [
    "first",
    "./first/",
    "link",
    "first/../first",
    "nowhere/../first",
    join(folder, "first"),
    "round/first",
  ];
  const refused =
    /^InputError: .*expected another folder than the one the model was loaded from, which a save would replace; name a new one$/;
  for (const name of names) {
    await assert.rejects(loaded.savePretrained(name), refused, name);
    await assert.rejects(exportOnnx(loaded, name), refused, name);
  }
  process.chdir("elsewhere");
  await assert.rejects(loaded.savePretrained("../first"), refused);
  process.chdir("..");
  assert.deepEqual(readFileSync("first/model.safetensors"), before);
  assert.ok(lstatSync("link").isSymbolicLink());
  // Other folders that a save of the kit wrote may be written again.
  for (const _ of [1, 2]) await loaded.savePretrained("second");
  loaded.dispose();
});

test("A model whose folder has gone is saved whole, tokenizer and all, and into that place too", async () => {
  const folder = makeFolder();
  process.chdir(folder);
  const first = await Auto.fromPretrained(pretrained, { numLabels: 2, log() {} });
  await first.savePretrained("source");
  first.dispose();
  const model = await Auto.fromPretrained("source", { log() {} });
  const files = readdirSync("source").sort();
  const contents = files.map((name) => readFileSync(join("source", name)));
  assert.ok(files.includes("tokenizer.json"));
  rmSync("source", { recursive: true });
  for (const name of ["saved", "source"]) {
    await model.savePretrained(name);
    assert.deepEqual(readdirSync(name).sort(), files);
    assert.deepEqual(
      files.map((file) => readFileSync(join(name, file))),
      contents,
    );
  }
  rmSync("source", { recursive: true });
  await exportOnnx(model, "exported");
  const { encode } = await loadTokenizer("exported");
  assert.deepEqual(
    encode("a good film").inputIds,
    (await loadTokenizer("saved")).encode("a good film").inputIds,
  );
  model.dispose();
});

test("Whatever is saved under no name, or over the working directory, everything there stays", async () => {
  const folder = makeFolder();
  process.chdir(folder);
  writeFileSync("notes.txt", "mine\n");
  mkdirSync("data");
  writeFileSync("data/train.csv", "text\n");
  const model = await Auto.fromPretrained(bert, { log() {} });
  for (const name of ["", ".", folder]) {
    await assert.rejects(model.savePretrained(name), /expected (a folder to save to|the path of a folder)/);
    await assert.rejects(exportOnnx(model, name), /expected (a folder to save to|the path of a folder)/);
    await assert.rejects(saveCheckpoint(name, { config: {}, tensors: [] }), /to save to/);
  }
  model.dispose();
  assert.deepEqual(readdirSync(folder).sort(), ["data", "notes.txt"]);
  assert.equal(readFileSync("data/train.csv", "utf8"), "text\n");
  assert.ok(existsSync(folder));
});
