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
  assert.ok(existsSync(join(bundled("all-MiniLM-L6-v2"), "model.safetensors")));
  assert.ok(existsSync(bundled("banking-intents/train.csv")));
});

for (const name of ["bert-base", "banking-intents/train.tsv", "../package.json", ""])
  test(`Anything else, as ${JSON.stringify(name)}, is an error that names what there is`, () => {
    assert.throws(
      () => bundled(name),
      (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.ok(
          error.message.startsWith(
            `bundled: expected all-MiniLM-L6-v2 or banking-intents, or a file of them, got ${JSON.stringify(name)}`,
          ),
          error.message,
        );
        return true;
      },
    );
  });
