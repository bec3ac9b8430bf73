import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { exclusively } from "../../src/files/exclusively";

let root = "";
let path = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "frostkit-exclusively-"));
  path = join(root, "busy");
});
afterEach(() => rmSync(root, { recursive: true }));

test("work gives what it gives, and nothing is left, whether it ends well or not", () => {
  assert.equal(
    exclusively(path, () => {
      assert.ok(existsSync(path));
      return 7;
    }),
    7,
  );
  assert.ok(!existsSync(path));
  assert.throws(
    () =>
      exclusively(path, () => {
        throw new Error("no");
      }),
    /no/,
  );
  assert.ok(!existsSync(path));
});

test("what a crash left behind holds nobody up", () => {
  mkdirSync(path);
  const before = Date.now() / 1000 - 11;
  utimesSync(path, before, before);
  assert.equal(
    exclusively(path, () => 1),
    1,
  );
});

test("an error that is none of another's work is thrown", () => {
  assert.throws(() => exclusively(join(root, "none", "busy"), () => 1), /ENOENT/);
});
