import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { useEngine } from "../../src/engine/useEngine";
import { InputError } from "../../src/errors";
import { fault } from "./fault";
import type { Files } from "./Target";
import { targets } from "./targets";
import { tryCase } from "./tryCase";

const scratch = mkdtempSync(join(tmpdir(), "frostkit-fuzz-test-"));
before(() => useEngine("cpu"));
after(() => rmSync(scratch, { recursive: true, force: true }));

test("A broken file is answered by one line that names it; anything else is a fault", () => {
  assert.equal(fault(new InputError("/x/a.csv, line 2: expected 3 cells, got 2"), "/x"), null);
  assert.match(fault(new InputError("expected 3 cells, got 2"), "/x")!, /^expected the file to be named/);
  assert.equal(fault(new InputError("expected 3 cells, got 2"), null), null);
  assert.match(fault(new TypeError("x is not iterable"), "/x")!, /^expected an InputError, got TypeError/);
  assert.match(fault("thrown", "/x")!, /^expected an InputError/);
});

test("Whatever an error quotes, it stays one line of a length that can be read, its start and its end kept", () => {
  const long = new InputError(`a.csv: got ${"x".repeat(100_000)}; do this`);
  assert.equal(fault(long, null), null);
  assert.ok(
    long.message.startsWith("a.csv: got x") && long.message.endsWith("x; do this"),
    long.message.slice(-40),
  );
  assert.equal(new InputError("one\n\ttwo\r\nthree").message, "one two three");
  assert.equal(new InputError("a\u202eb\u2066c\u001b[2J").message, "a\\u202eb\\u2066c\\x1b[2J");
});

const found = join(__dirname, "found");

/** The files of a case that was found, by their paths in its folder. */
const filesOf = (folder: string): Files =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), readFileSync(path)]),
  );

/** Configs need weights beside them: those of the family that they name. */
function withWeights(files: Files): Files {
  const text = files["config.json"]?.toString() ?? "{}";
  const narrow = /"architecture":"resnet18"/.test(text) ? "resnet18-narrow" : undefined;
  const family = /"model_type":"([\w-]+)"/.exec(text)?.[1] ?? narrow;
  if (family === undefined) return files;
  return {
    ...files,
    "model.safetensors": readFileSync(join(__dirname, "../fixtures/models", family, "model.safetensors")),
  };
}

for (const name of readdirSync(found))
  test(`${name}, which once failed, is read, or refused in one line`, { timeout: 30_000 }, async () => {
    const target = await targets[name.split("-")[0]]();
    const files = filesOf(join(found, name));
    assert.ok(Object.keys(files).length > 0);
    await assert.doesNotReject(tryCase(target, withWeights(files), join(scratch, name)));
  });

test("A run goes through the kinds that are named, says how many cases each had, and refuses others by name", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", join(__dirname, "run.ts"), ...args], {
      encoding: "utf8",
    });
  const { status, stdout } = run("--minutes", "0.1", "--seed", "7", "safetensors", "shards");
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^safetensors: [1-9]\d* cases$/m);
  assert.match(stdout, /^shards: [1-9]\d* cases$/m);
  assert.match(stdout, /^\d+ cases of 2 kinds, seed 7: each was read, or refused in one line$/m);
  for (const args of [["nowhere"], ["--minutes", "0"], ["--seed", "x"]]) assert.equal(run(...args).status, 2);
});
