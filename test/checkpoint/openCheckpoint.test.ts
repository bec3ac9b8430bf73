import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { FrostError, InputError } from "../../src/errors";
import { makeFolder } from "./madeByHand";
import { writeSafetensors } from "./writeSafetensors";

const bert = join(__dirname, "../fixtures/models/bert");

/** A folder of files given by content; tensors by their values. */
function folderOf(files: Record<string, string | object | Record<string, number[]>>): string {
  const folder = makeFolder();
  for (const [name, content] of Object.entries(files))
    if (name.endsWith(".safetensors") && typeof content === "object")
      writeSafetensors(
        join(folder, name),
        Object.entries(content as Record<string, number[]>).map(([tensor, values]) => ({
          name: tensor,
          shape: [values.length],
          data: Float32Array.from(values),
        })),
      );
    else writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return folder;
}

function refuses(folder: string, message: string | RegExp) {
  assert.throws(
    () => openCheckpoint(folder),
    (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.ok(!error.message.includes("\n"), "one line");
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      return true;
    },
  );
}

test("A checkpoint that Python saved opens with its config, its tensors and their values", () => {
  const checkpoint = openCheckpoint(bert);
  assert.equal(checkpoint.folder, bert);
  assert.equal(checkpoint.config.model_type, "bert");
  assert.equal(checkpoint.tensors.size, 57);
  assert.deepEqual(checkpoint.tensors.get("classifier.weight")?.shape, [3, 32]);
  const norm = checkpoint.readFloat32("bert.encoder.layer.2.output.LayerNorm.weight");
  assert.equal(norm.length, 32);
  assert.throws(() => checkpoint.readFloat32("classifier"), {
    name: "InputError",
    message: `${bert}: its weights hold no tensor "classifier"`,
  });
  checkpoint.close();
  assert.throws(() => checkpoint.readFloat32("classifier.weight"), FrostError);
});

test("A sharded checkpoint reads as one", async () => {
  const folder = folderOf({
    "config.json": {},
    "model-00001-of-00002.safetensors": { a: [1, 2], b: [3] },
    "model-00002-of-00002.safetensors": { c: [4, 5] },
    "model.safetensors.index.json": {
      metadata: { total_size: 20 },
      weight_map: {
        c: "model-00002-of-00002.safetensors",
        a: "model-00001-of-00002.safetensors",
        b: "model-00001-of-00002.safetensors",
      },
    },
  });
  const checkpoint = openCheckpoint(folder);
  assert.deepEqual([...checkpoint.tensors.keys()], ["a", "b", "c"]);
  assert.deepEqual(checkpoint.readFloat32("b"), Float32Array.of(3));
  assert.deepEqual(checkpoint.readFloat32("c"), Float32Array.of(4, 5));
  assert.equal(checkpoint.tensors.get("c")?.file, join(folder, "model-00002-of-00002.safetensors"));
  const names = ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  assert.equal(await checkpoint.hash(), sha256(names.map((name) => readFileSync(join(folder, name)))));
  checkpoint.close();
});

test("One file wins over an index beside it, as in Python", () => {
  const folder = folderOf({
    "config.json": {},
    "model.safetensors": { a: [1] },
    "model.safetensors.index.json": { weight_map: { a: "missing.safetensors" } },
  });
  assert.deepEqual(openCheckpoint(folder).readFloat32("a"), Float32Array.of(1));
});

test("The hash is that of config and weights one after the other, and outlives close", async () => {
  const checkpoint = openCheckpoint(bert);
  checkpoint.close();
  const expected = sha256(["config.json", "model.safetensors"].map((name) => readFileSync(join(bert, name))));
  assert.equal(await checkpoint.hash(), expected);
  assert.equal(checkpoint.hash(), checkpoint.hash(), "computed once");
});

test("A hash asked for after the files were changed is refused, for it would not be that of what was read", async () => {
  const folder = folderOf({ "config.json": {}, "model.safetensors": { a: [1] } });
  const checkpoint = openCheckpoint(folder);
  writeFileSync(join(folder, "config.json"), '{"hidden_size": 768}');
  await assert.rejects(checkpoint.hash(), {
    name: "FrostError",
    message: `${join(folder, "config.json")}: was changed after it was opened, so its hash would not be that of the weights read`,
  });
  checkpoint.close();
});

function sha256(parts: Buffer[]): string {
  return createHash("sha256").update(Buffer.concat(parts)).digest("hex");
}

test("A folder that lacks its config or weights says what was looked for and what is there", () => {
  const folder = makeFolder();
  refuses(join(folder, "nowhere"), `${join(folder, "nowhere")}: expected a folder to read (ENOENT)`);
  refuses(folder, `${folder}: expected config.json; it is empty`);
  mkdirSync(join(folder, "bert-base"));
  writeFileSync(join(folder, "notes.txt"), "");
  refuses(folder, `${folder}: expected config.json; it holds bert-base/, notes.txt`);
  writeFileSync(join(folder, "config.json"), "{}");
  refuses(
    folder,
    `${folder}: expected model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json; it holds bert-base/, config.json, notes.txt`,
  );
  for (let i = 0; i < 7; i++) writeFileSync(join(folder, `z${i}`), "");
  refuses(folder, /; it holds bert-base\/, config\.json, notes\.txt, z0, z1, z2, z3, z4 and 2 more$/);
});

const torch = join(__dirname, "../fixtures/torch/model");

/** A folder of some of the files of a model that Python saved in both formats, under names of their own. */
function torchFolder(files: Record<string, string>): string {
  const folder = makeFolder();
  for (const [name, from] of Object.entries({ "config.json": "config.json", ...files }))
    copyFileSync(join(torch, from), join(folder, name));
  return folder;
}

const shards = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"];
const torchLayouts: Record<string, Record<string, string>> = {
  "pytorch_model.bin": { "pytorch_model.bin": "pytorch_model.bin" },
  "pytorch_model.bin of before torch 1.6": { "pytorch_model.bin": "legacy.bin" },
  "shards and pytorch_model.bin.index.json": {
    "pytorch_model.bin.index.json": "pytorch_model.bin.index.json",
    [shards[0]]: shards[0],
    [shards[1]]: shards[1],
  },
};
for (const [title, files] of Object.entries(torchLayouts))
  test(`Weights in ${title} read as those in model.safetensors do, bit for bit`, async () => {
    const folder = torchFolder(files);
    const expected = openCheckpoint(torch);
    assert.match(expected.tensors.get("classifier.weight")!.file, /model\.safetensors$/);
    const checkpoint = openCheckpoint(folder);
    assert.deepEqual([...checkpoint.tensors.keys()].sort(), [...expected.tensors.keys()].sort());
    for (const [name, { shape }] of expected.tensors) {
      assert.deepEqual(checkpoint.tensors.get(name)?.shape, shape);
      assert.deepEqual(checkpoint.readFloat32(name), expected.readFloat32(name), name);
    }
    const weights = Object.keys(files).filter((name) => name.endsWith(".bin"));
    const hashed = ["config.json", ...weights].map((name) => readFileSync(join(folder, name)));
    assert.equal(await checkpoint.hash(), sha256(hashed));
    checkpoint.close();
    expected.close();
    assert.throws(() => checkpoint.readFloat32("classifier.weight"), FrostError);
  });

test("safetensors win over pytorch_model.bin beside them, which is then not even opened", () => {
  const folder = torchFolder({ "model.safetensors": "model.safetensors" });
  writeFileSync(join(folder, "pytorch_model.bin"), "broken");
  assert.doesNotThrow(() => openCheckpoint(folder).close());
});

test("An index of .bin files names .bin files, and each is checked as those of safetensors are", () => {
  const folder = torchFolder({ [shards[0]]: shards[0], [shards[1]]: shards[1] });
  const path = join(folder, "pytorch_model.bin.index.json");
  const write = (map: object) => writeFileSync(path, JSON.stringify({ weight_map: map }));
  write({ a: "a.safetensors" });
  refuses(
    folder,
    `${path}: weight_map places "a" in "a.safetensors"; expected the name of a .bin file beside it`,
  );
  write({ a: "gone.bin" });
  refuses(folder, /: pytorch_model\.bin\.index\.json names gone\.bin, which is missing/);
  write({ a: shards[0] });
  refuses(folder, /: lacks tensor "a", which pytorch_model\.bin\.index\.json places there$/);
});

test("A pytorch_model.bin that is hostile or cut off is refused when the folder is opened", () => {
  const folder = torchFolder({ "pytorch_model.bin": "../hostile.bin" });
  const path = join(folder, "pytorch_model.bin");
  refuses(folder, /pytorch_model\.bin: names posix\.system, which reading tensors has no need of/);
  writeFileSync(path, readFileSync(join(torch, "pytorch_model.bin")).subarray(0, 9000));
  refuses(folder, `${path}: its archive has no end: it is truncated or damaged, copy or download it again`);
});

test("A config that is not a JSON object is refused", () => {
  const weights = { "model.safetensors": { a: [1] } };
  const torn = folderOf({ "config.json": '{"model_type": "be', ...weights });
  refuses(torn, /config\.json: expected JSON, got .+/);
  const list = folderOf({ "config.json": "[1]", ...weights });
  refuses(list, `${join(list, "config.json")}: expected a JSON object, got [1]`);
});

test("A broken index is refused, with the tensor and the shard it is about", () => {
  const shards = { "config.json": {}, "one.safetensors": { a: [1] }, "two.safetensors": { b: [2] } };
  const make = (index: unknown, more: Record<string, object> = {}) => {
    const folder = folderOf({ ...shards, ...more, "model.safetensors.index.json": JSON.stringify(index) });
    return { folder, path: join(folder, "model.safetensors.index.json") };
  };

  const empty = make({ weight_map: {} });
  refuses(empty.folder, `${empty.path}: expected a "weight_map" from tensor names to files, got {}`);
  const none = make({});
  refuses(none.folder, `${none.path}: expected a "weight_map" from tensor names to files, got undefined`);

  const away = make({ weight_map: { a: "../one.safetensors" } });
  refuses(
    away.folder,
    `${away.path}: weight_map places "a" in "../one.safetensors"; expected the name of a .safetensors file beside it`,
  );

  const gone = make({ weight_map: { a: "one.safetensors", c: "three.safetensors" } });
  refuses(
    gone.folder,
    `${gone.folder}: model.safetensors.index.json names three.safetensors, which is missing; it holds config.json, model.safetensors.index.json, one.safetensors, two.safetensors`,
  );

  const wrong = make({ weight_map: { a: "one.safetensors", c: "two.safetensors" } });
  refuses(
    wrong.folder,
    `${join(wrong.folder, "two.safetensors")}: lacks tensor "c", which model.safetensors.index.json places there`,
  );

  const swapped = make({ weight_map: { a: "two.safetensors", b: "one.safetensors" } });
  refuses(swapped.folder, /two\.safetensors: lacks tensor "a"/);

  const twice = make(
    { weight_map: { a: "one.safetensors", b: "two.safetensors" } },
    { "two.safetensors": { a: [1], b: [2] } },
  );
  refuses(
    twice.folder,
    `${join(twice.folder, "two.safetensors")}: holds tensor "a", and so does ${join(twice.folder, "one.safetensors")}`,
  );
});

test("Weights that were cut off in copying are refused when the folder is opened", () => {
  const folder = makeFolder();
  cpSync(bert, folder, { recursive: true });
  const path = join(folder, "model.safetensors");
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length / 2));
  refuses(
    folder,
    /model\.safetensors: tensor ".*" should end at byte \d+ of the file, which has only \d+: it is truncated/,
  );
});
