import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { replaceFile } from "../../src/files/replaceFile";
import { folder } from "../cli/frostkit";

test("A new file is written with the folders it lies in, and nothing is left beside it", () => {
  replaceFile(join(folder, "a", "b", "new.csv"), "ä\n");
  assert.equal(readFileSync(join(folder, "a", "b", "new.csv"), "utf8"), "ä\n");
  assert.deepEqual(readdirSync(join(folder, "a", "b")), ["new.csv"]);
});

test("A file that is there is replaced", () => {
  const path = join(folder, "old.csv");
  writeFileSync(path, "a longer text than the new one");
  replaceFile(path, "new");
  assert.equal(readFileSync(path, "utf8"), "new");
});

test("Where it cannot be written, what was there stays and nothing is left behind", () => {
  const path = join(folder, "kept");
  mkdirSync(join(path, "inside"), { recursive: true });
  const before = readdirSync(folder);
  assert.throws(() => replaceFile(path, "new"));
  assert.deepEqual(readdirSync(folder), before);
});
