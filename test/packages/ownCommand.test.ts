import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { afterEach, test } from "node:test";
import { ownCommand } from "../../src/packages/ownCommand";
import { temporaryFolder, write } from "../engine/native/fakes";

const cwd = process.cwd();
afterEach(() => process.chdir(cwd));

test("Where npm has linked the kit, here or further up, it is called by npx", () => {
  const folder = temporaryFolder();
  write(`${folder}/node_modules/.bin/frostkit`);
  write(`${folder}/notebooks/first.ipynb`);
  process.chdir(`${folder}/notebooks`);
  assert.equal(ownCommand(), "npx frostkit");
});

test("Elsewhere it is called by its path, since npx would fetch a stranger's package of that name", () => {
  process.chdir(temporaryFolder());
  const [node, path] = ownCommand().split(" ");
  assert.equal(node, "node");
  assert.ok(existsSync(path), path);
});
