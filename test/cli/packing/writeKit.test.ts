import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { checkFolder, type Manifest, writeKit } from "../../../src/cli/packing/writeKit";
import { temporaryFolder, write } from "../../engine/native/fakes";

/** A folder in which these files are installed, each holding `content`. */
function installed(files: string[], content: string): { root: string; manifest: Manifest } {
  const root = temporaryFolder();
  for (const file of files) write(join(root, file), content);
  return { root, manifest: { frostkit: "0.1.0", node: "22.0.0", platform: "linux x64 glibc", files } };
}

const content = (folder: string, file: string) => readFileSync(join(folder, file), "utf8");

test("A new folder gets the files, and a list of them", () => {
  const folder = join(temporaryFolder(), "kit");
  const { root, manifest } = installed(["node_modules/a/index.js", "node_modules/b/data/b.json"], "one");
  assert.equal(writeKit(root, folder, manifest), 6);
  assert.equal(content(folder, "node_modules/b/data/b.json"), "one");
  assert.deepEqual(JSON.parse(content(folder, "frostkit-pack.json")), { format: 1, ...manifest });
});

test("Packed again, the earlier pack's files give way to the new ones, and what the user put there stays", () => {
  const folder = join(temporaryFolder(), "kit");
  const first = installed(["node_modules/a/index.js", "node_modules/gone/lib/index.js"], "one");
  writeKit(first.root, folder, first.manifest);
  write(join(folder, "dataset-metadata.json"), "mine");
  write(join(folder, "node_modules/mine/index.js"), "mine");
  const second = installed(["node_modules/a/index.js"], "two");
  writeKit(second.root, folder, second.manifest);
  assert.equal(content(folder, "node_modules/a/index.js"), "two");
  assert.equal(existsSync(join(folder, "node_modules/gone")), false);
  assert.equal(content(folder, "dataset-metadata.json"), "mine");
  assert.equal(content(folder, "node_modules/mine/index.js"), "mine");
  assert.deepEqual(JSON.parse(content(folder, "frostkit-pack.json")), { format: 1, ...second.manifest });
});

test("A user's file in the way is named, and nothing is written", () => {
  const folder = join(temporaryFolder(), "kit");
  const first = installed(["node_modules/a/index.js"], "one");
  writeKit(first.root, folder, first.manifest);
  write(join(folder, "node_modules/b/index.js"), "mine");
  const second = installed(["node_modules/a/index.js", "node_modules/b/index.js"], "two");
  assert.throws(() => writeKit(second.root, folder, second.manifest), {
    name: "InputError",
    message: /node_modules\/b\/index\.js: expected a place for the kit's own file, got another's/,
  });
  assert.equal(content(folder, "node_modules/a/index.js"), "one");
  assert.equal(content(folder, "node_modules/b/index.js"), "mine");
});

test("A folder with files that no pack made is refused and left as it is", () => {
  const folder = temporaryFolder();
  write(join(folder, "notes.txt"), "mine");
  assert.throws(() => checkFolder(folder), {
    name: "InputError",
    message: `${folder}: expected a new folder, or one that frostkit pack made, got another's files`,
  });
  assert.deepEqual(readdirSync(folder), ["notes.txt"]);
});

test("A list that leads out of the folder is refused, and nothing is removed", () => {
  const folder = temporaryFolder();
  const outside = write(join(temporaryFolder(), "diary.txt"), "mine");
  for (const file of [outside, `node_modules/../../${outside}`]) {
    write(join(folder, "frostkit-pack.json"), JSON.stringify({ files: [file] }));
    assert.throws(() => checkFolder(folder), {
      name: "InputError",
      message: /expected files below node_modules/,
    });
  }
  assert.ok(existsSync(outside));
});

test("A list that leads out of the folder through a link is refused, and nothing is removed", () => {
  const folder = temporaryFolder();
  const outside = write(join(temporaryFolder(), "diary.txt"), "mine");
  symlinkSync(dirname(outside), join(folder, "node_modules"));
  write(join(folder, "frostkit-pack.json"), JSON.stringify({ files: ["node_modules/diary.txt"] }));
  assert.throws(() => checkFolder(folder), {
    name: "InputError",
    message: /: expected files below node_modules, got "node_modules\/diary\.txt"$/,
  });
  assert.ok(existsSync(outside));
});

test("A list that is no such list, or a later version's, is refused in one line", () => {
  const folder = temporaryFolder();
  for (const [list, why] of [
    ["[", /frostkit-pack\.json: expected JSON, got /],
    ["[]", /frostkit-pack\.json: expected a JSON object, got \[\]$/],
    ["{}", /frostkit-pack\.json: files: expected a list of paths, got undefined$/],
    ['{"files":[7]}', /frostkit-pack\.json: files: expected a list of paths, got \[7\]$/],
    ['{"format":2,"files":[]}', /: was written by a later frostkit \(format 2; this one reads up to 1\): /],
  ] as const) {
    write(join(folder, "frostkit-pack.json"), list);
    assert.throws(() => checkFolder(folder), { name: "InputError", message: why });
  }
});

test("What a pack left that was killed before its list was written is no one's files, and goes", () => {
  const folder = temporaryFolder();
  const host = hostname().replace(/[^\w.-]/g, "");
  for (const ending of [".tmp", ".frostkit-new"])
    write(join(folder, `.frostkit-pack.json.${host}-999999999-0${ending}`), "{");
  checkFolder(folder);
  const { root, manifest } = installed(["node_modules/a/index.js"], "one");
  writeKit(root, folder, manifest);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
  assert.deepEqual(JSON.parse(content(folder, "frostkit-pack.json")).files, manifest.files);
});
