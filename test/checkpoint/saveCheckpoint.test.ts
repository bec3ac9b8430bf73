import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { resolveModel } from "../../src/checkpoint/resolveModel";
import { readOrigin, saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { FrostError } from "../../src/errors";
import { makeFolder } from "./madeByHand";
import { writeSafetensors } from "./writeSafetensors";

const bert = join(__dirname, "../fixtures/models/bert");

/** A checkpoint of one tensor; `state` tells one from the other. */
const contents = (state: string, value = 1) => ({
  config: { state },
  tensors: [{ name: "a", shape: [1], data: () => Float32Array.of(value) }],
});

function stateOf(folder: string): unknown {
  const checkpoint = openCheckpoint(folder);
  checkpoint.close();
  return checkpoint.config.state;
}

test("What is saved is what is opened again", async () => {
  const original = openCheckpoint(bert);
  const folder = join(makeFolder(), "runs", "copy");
  await saveCheckpoint(folder, {
    config: original.config,
    tensors: [...original.tensors.values()].map(({ name, shape }) => ({
      name,
      shape,
      data: async () => original.readFloat32(name),
    })),
  });
  const copy = openCheckpoint(folder);
  assert.deepEqual(copy.config, original.config);
  assert.deepEqual([...copy.tensors.keys()], [...original.tensors.keys()]);
  for (const [name, { shape }] of original.tensors) {
    assert.deepEqual(copy.tensors.get(name)?.shape, shape);
    assert.deepEqual(copy.readFloat32(name), original.readFloat32(name));
  }
  assert.deepEqual(readdirSync(folder).sort(), ["config.json", "model.safetensors"]);
  assert.deepEqual(readdirSync(dirname(folder)), ["copy"], "nothing unfinished is left beside it");
  original.close();
  copy.close();
});

test("The config's dtype becomes the one written, for that is what Python will load", async () => {
  const folder = join(makeFolder(), "model");
  const read = () => JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const save = (config: object, dtype?: "F16" | "BF16") =>
    saveCheckpoint(folder, { ...contents("new"), config: { ...config }, dtype });
  await save({ dtype: "float16" });
  assert.deepEqual(read(), { dtype: "float32" });
  await save({ torch_dtype: "float32", layers: 2 }, "F16");
  assert.deepEqual(read(), { torch_dtype: "float16", layers: 2 });
  await save({}, "BF16");
  assert.deepEqual(read(), { dtype: "bfloat16" });
  assert.equal(openCheckpoint(folder).tensors.get("a")?.dtype, "BF16");
});

test("The data is asked for one tensor after the other", async () => {
  let asked = 0;
  let given = 0;
  const tensors = ["a", "b", "c"].map((name) => ({
    name,
    shape: [1],
    data: async () => {
      assert.equal(asked++, given, "the one before has been given");
      await new Promise(setImmediate);
      given++;
      return Float32Array.of(1);
    },
  }));
  await saveCheckpoint(join(makeFolder(), "model"), { config: {}, tensors });
  assert.equal(given, 3);
});

test("Tokenizer files are carried along, as files of our own even from links to read-only ones", async () => {
  const from = makeFolder();
  writeFileSync(join(from, "blob"), "{}");
  chmodSync(join(from, "blob"), 0o444);
  symlinkSync("blob", join(from, "tokenizer.json"));
  writeFileSync(join(from, "vocab.txt"), "[PAD]\n");
  writeFileSync(join(from, "config.json"), "{}");
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, { ...contents("new"), origin: readOrigin(from) });
  const files = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"];
  assert.deepEqual(readdirSync(folder).sort(), files);
  writeFileSync(join(folder, "tokenizer.json"), '{"can": "be changed"}');
  assert.equal(readFileSync(join(from, "blob"), "utf8"), "{}");
});

test("Saved in the place of another a checkpoint keeps that one's tokenizer or brings its own", async () => {
  const other = makeFolder();
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, contents("first"));
  writeFileSync(join(folder, "vocab.txt"), "old");
  await saveCheckpoint(folder, contents("second"));
  assert.equal(readFileSync(join(folder, "vocab.txt"), "utf8"), "old");
  await saveCheckpoint(folder, { ...contents("third"), origin: { ...readOrigin(folder), folder: other } });
  assert.equal(readFileSync(join(folder, "vocab.txt"), "utf8"), "old");

  writeFileSync(join(other, "tokenizer.json"), "{}");
  await saveCheckpoint(folder, { ...contents("fourth"), origin: readOrigin(other) });
  assert.deepEqual(readdirSync(folder).sort(), ["config.json", "model.safetensors", "tokenizer.json"]);
});

test("A checkpoint may be saved over the one that its tensors are read from", async () => {
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, contents("first", 7));
  const checkpoint = openCheckpoint(folder);
  await saveCheckpoint(folder, {
    config: { state: "second" },
    tensors: [{ name: "a", shape: [1], data: () => checkpoint.readFloat32("a").map((x) => x + 1) }],
  });
  checkpoint.close();
  assert.equal(stateOf(folder), "second");
  assert.deepEqual(openCheckpoint(folder).readFloat32("a"), Float32Array.of(8));
});

test("A folder with anything else in it is left alone", async () => {
  const folder = makeFolder();
  await saveCheckpoint(folder, contents("old"));
  for (const name of ["notes.ipynb", "data.csv", "b", "c"]) writeFileSync(join(folder, name), "");
  await assert.rejects(saveCheckpoint(folder, contents("new")), {
    name: "InputError",
    message: `${folder}: also holds b, c, data.csv, notes.ipynb, which saving a checkpoint here would delete: save to a new folder or move that away`,
  });
  assert.equal(stateOf(folder), "old");
  assert.equal(readdirSync(folder).length, 6);
});

test("A config.json that is no model's is somebody else's, and left alone", async () => {
  for (const content of ['{"my":"app config"}', "important"]) {
    const folder = makeFolder();
    writeFileSync(join(folder, "config.json"), content);
    await assert.rejects(saveCheckpoint(folder, contents("new")), {
      message: /also holds config\.json, which saving/,
    });
    assert.equal(readFileSync(join(folder, "config.json"), "utf8"), content);
  }
});

test("A file that appears in the folder while the weights are written is not lost", async () => {
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, contents("old"));
  const data = () => {
    writeFileSync(join(folder, "log.txt"), "kept");
    return Float32Array.of(1);
  };
  const save = saveCheckpoint(folder, { config: {}, tensors: [{ name: "a", shape: [1], data }] });
  await assert.rejects(save, { message: /also holds log\.txt, which saving a checkpoint here would delete/ });
  assert.equal(readFileSync(join(folder, "log.txt"), "utf8"), "kept");
});

test("An empty folder is filled; weights that the kit did not write, whole or in shards, are left alone", async () => {
  const folder = makeFolder();
  await saveCheckpoint(folder, contents("first"));
  assert.deepEqual(readdirSync(folder).sort(), ["config.json", "model.safetensors"]);
  const refused = (files: string) => ({
    name: "InputError",
    message: `${folder}: also holds ${files}, which saving a checkpoint here would delete: save to a new folder or move that away`,
  });
  const weights = join(folder, "model.safetensors");
  const [shard, index] = ["model-00001-of-00001.safetensors", "model.safetensors.index.json"];
  renameSync(weights, join(folder, shard));
  writeFileSync(join(folder, index), JSON.stringify({ weight_map: { a: shard } }));
  await assert.rejects(saveCheckpoint(folder, contents("second")), refused(`${shard}, ${index}`));
  assert.equal(stateOf(folder), "first");
  for (const name of [shard, index]) rmSync(join(folder, name));
  for (const write of [
    () => writeSafetensors(weights, [{ name: "a", shape: [1], data: () => Float32Array.of(1) }]),
    () => writeFileSync(weights, "cut off"),
  ]) {
    write();
    const before = readFileSync(weights);
    await assert.rejects(saveCheckpoint(folder, contents("second")), refused("model.safetensors"));
    assert.deepEqual(readFileSync(weights), before);
  }
});

test("A file is not replaced, whatever stands behind its name, and a name that is too long is told", async () => {
  const parent = makeFolder();
  const table = join(parent, "train.csv");
  writeFileSync(table, "text,target\n");
  for (const path of [table, `${table}/`, `${table}//.`, `${parent}/none/../train.csv/`])
    await assert.rejects(saveCheckpoint(path, contents("new")), {
      name: "InputError",
      message: `${path}: is a file, expected a folder to save to`,
    });
  assert.equal(readFileSync(table, "utf8"), "text,target\n");
  for (const path of [join(table, "model"), join(parent, "x".repeat(300))])
    await assert.rejects(saveCheckpoint(path, contents("new")), (error: Error) => {
      assert.ok(error instanceof FrostError, `${error}`);
      assert.match(error.message, /: could not be saved \(E\w+: .*\); what was there before is untouched$/);
      return true;
    });
  assert.deepEqual(readdirSync(parent), ["train.csv"]);
});

test("A file in the place of the folder is refused", async () => {
  const folder = makeFolder();
  const file = join(folder, "model");
  writeFileSync(file, "");
  await assert.rejects(saveCheckpoint(file, contents("new")), {
    name: "InputError",
    message: `${file}: is a file, expected a folder to save to`,
  });
  assert.deepEqual(readdirSync(folder), ["model"]);
});

test("A link to a folder is replaced, and what it leads to stays", async () => {
  const folder = makeFolder();
  await saveCheckpoint(join(folder, "real"), contents("old"));
  symlinkSync("real", join(folder, "link"));
  await saveCheckpoint(join(folder, "link"), contents("new"));
  assert.equal(stateOf(join(folder, "link")), "new");
  assert.equal(stateOf(join(folder, "real")), "old");
});

test("An error on the way leaves the old folder as it was, and nothing else", async () => {
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, contents("old"));
  const save = (data: () => Float32Array | Promise<Float32Array>, dtype?: "F16") =>
    saveCheckpoint(folder, { config: { state: "new" }, tensors: [{ name: "a", shape: [1], data }], dtype });
  await assert.rejects(
    save(() => Promise.reject(new Error("disposed"))),
    { message: "disposed" },
  );
  await assert.rejects(
    save(() => Float32Array.of(1e6), "F16"),
    {
      name: "InputError",
      message: `${join(folder, "model.safetensors")}: tensor "a" holds 1000000 at element 0, which F16 would turn into infinity: write BF16 or F32`,
    },
  );
  assert.equal(stateOf(folder), "old");
  assert.deepEqual(readdirSync(dirname(folder)), ["model"]);
});

test("A weight that is no finite number is refused by name, and the old folder stays", async () => {
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, contents("old"));
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const dtype of ["F32", "F16", "BF16"] as const)
      await assert.rejects(saveCheckpoint(folder, { ...contents("new", value), dtype }), {
        name: "InputError",
        message: `${join(folder, "model.safetensors")}: expected finite weights to save, got ${value} at element 0 of a; nothing was written`,
      });
  assert.equal(stateOf(folder), "old");
  assert.deepEqual(readdirSync(dirname(folder)), ["model"]);
});

test("A place that cannot be written to is an error of one line", async () => {
  const file = join(makeFolder(), "file");
  writeFileSync(file, "");
  const folder = join(file, "model");
  await assert.rejects(saveCheckpoint(folder, contents("new")), (error: Error) => {
    assert.equal(error.name, "FrostError");
    assert.match(
      error.message,
      /model: could not be saved \((ENOTDIR|EEXIST).*\); what was there before is untouched$/,
    );
    return true;
  });
});

test("Whoever opens the folder in the middle of a save finds a checkpoint, and the save succeeds", async () => {
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, contents("old"));
  const { renameSync: rename } = fs;
  let found: unknown;
  fs.renameSync = (from, to) => {
    // Between the two renames there is nothing under the name.
    if (to === folder && !found) {
      assert.ok(!existsSync(folder));
      found = "looking";
      found = stateOf(folder);
    }
    rename(from, to);
  };
  try {
    await saveCheckpoint(folder, contents("new"));
  } finally {
    fs.renameSync = rename;
  }
  assert.equal(found, "old");
  assert.equal(stateOf(folder), "new");
  assert.deepEqual(readdirSync(dirname(folder)), ["model"]);
});

function crash(folder: string, moment: string): void {
  const script = join(__dirname, "crashingSave.ts");
  const { signal, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, folder, moment]);
  assert.equal(signal, "SIGKILL", String(stderr));
}

for (const moment of ["while data is asked for", "before rename 1", "before rename 2"])
  test(`Killed ${moment}, the old checkpoint is found, and the next save cleans up`, async () => {
    const folder = join(makeFolder(), "model");
    await saveCheckpoint(folder, contents("old"));
    crash(folder, moment);
    assert.ok(
      readdirSync(dirname(folder)).some((name) => name.endsWith(".frostkit-new")),
      "it was on its way",
    );
    assert.equal(existsSync(folder), moment !== "before rename 2");
    assert.equal(stateOf(await resolveModel(folder)), "old");
    await saveCheckpoint(folder, contents("newer"));
    assert.equal(stateOf(folder), "newer");
    assert.deepEqual(readdirSync(dirname(folder)), ["model"]);
  });

test("Killed while the old folder steps aside, a save in its place still succeeds", async () => {
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, contents("old"));
  crash(folder, "before rename 2");
  await saveCheckpoint(folder, contents("newer"));
  assert.equal(stateOf(folder), "newer");
  assert.deepEqual(readdirSync(dirname(folder)), ["model"]);
});

test("An old folder that a crash left aside after the change is cleaned by the next save", async () => {
  const folder = join(makeFolder(), "model");
  const aside = join(dirname(folder), `.${basename(folder)}.frostkit-old`);
  await saveCheckpoint(folder, contents("new"));
  mkdirSync(aside);
  writeFileSync(join(aside, "config.json"), '{"state": "old"}');
  assert.equal(stateOf(folder), "new");
  await saveCheckpoint(folder, contents("newer"));
  assert.equal(stateOf(folder), "newer");
  assert.deepEqual(readdirSync(dirname(folder)), ["model"]);
});
