import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { bundled } from "../../src/notebook/bundled";

test("What comes with the kit is found whatever folder the process runs in", (t) => {
  const here = process.cwd();
  t.after(() => process.chdir(here));
  process.chdir("/");
  assert.ok(existsSync(join(bundled("mini-bert-en"), "model.safetensors")));
  assert.ok(existsSync(bundled("short-reviews/train.csv")));
});

test("Anything else is an error that names what there is", () => {
  assert.throws(
    () => bundled("bert-base"),
    (error: Error) =>
      error instanceof InputError &&
      /^bundled: expected "mini-bert-en" or .* got "bert-base"/.test(error.message),
  );
});
