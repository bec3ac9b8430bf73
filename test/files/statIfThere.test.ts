import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { statIfThere } from "../../src/files/statIfThere";

const folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
after(() => rmSync(folder, { recursive: true }));

test("What cannot be looked at counts as not there: a link to nothing or to itself, a name that is too long, a path through a file", () => {
  const [nowhere, itself] = ["nowhere", "itself"].map((name) => join(folder, name));
  symlinkSync(join(folder, "missing"), nowhere);
  symlinkSync(itself, itself);
  for (const path of [nowhere, itself, join(folder, "x".repeat(5000)), join(__filename, "a"), "a\0b"])
    assert.equal(statIfThere(path), undefined);
  assert.ok(statIfThere(folder)!.isDirectory());
  assert.ok(statIfThere(__filename)!.isFile());
});
