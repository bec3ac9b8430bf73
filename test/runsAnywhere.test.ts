import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { runsAnywhere } from "./runsAnywhere";

const folder = mkdtempSync(join(tmpdir(), "frostkit-runs-anywhere-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

test("A file whose tests neither skip nor name an engine runs on any machine", () => {
  const plain = file("plain.test.ts", 'import { test } from "node:test";', 'test("adds up", () => {});');
  assert.equal(runsAnywhere(plain), true);
});

test("One that may skip a test, or runs once per engine, does not", () => {
  const skips = file("skips.test.ts", 'test("needs a disk", { skip: noDisk }, () => {});');
  const says = file("says.test.ts", 'test("needs a disk", (t) => t.skip("no disk"));');
  const engines = file("engines.test.ts", 'onEveryFastEngine("a product", () => {});');
  const webgpu = file("webgpu.test.ts", 'onWebgpu("a product", () => {});');
  for (const path of [skips, says, engines, webgpu]) assert.equal(runsAnywhere(path), false, path);
});

test("What a file imports from the tests counts as its own, at any distance and in circles; src does not", () => {
  file("helpers/parity.ts", 'import { near } from "./near";', "export const parity = onEveryEngine(near);");
  file("helpers/near.ts", 'import { parity } from "./parity";', "export const near = 1e-6;");
  file("src/kernel.ts", "export const skip = 1;");
  const far = file("models/far.test.ts", 'import { near } from "../helpers/near";');
  const source = file("models/source.test.ts", 'import { far } from "../src/kernel";');
  assert.equal(runsAnywhere(far), false);
  assert.equal(runsAnywhere(source), true);
});

test("Training from the command line and from a notebook runs with each engine, though nothing of it is skipped", () => {
  const command = file("cli/finetune.test.ts", 'test("trains", () => {});');
  assert.equal(runsAnywhere(command), false);
});

test("Of the tests here some are left out and some are not", () => {
  assert.equal(runsAnywhere(join(__dirname, "random.test.ts")), true);
  assert.equal(runsAnywhere(join(__dirname, "models/bert.test.ts")), false);
  assert.equal(runsAnywhere(join(__dirname, "engine/native/nativeStatus.test.ts")), false);
});
