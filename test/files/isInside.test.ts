import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isInside } from "../../src/files/isInside";

const root = mkdtempSync(join(tmpdir(), "frostkit-inside-"));
after(() => rmSync(root, { recursive: true }));

test("A folder holds itself and what lies in it, also what is not there yet", () => {
  const folder = join(root, "model");
  mkdirSync(folder);
  for (const path of [
    folder,
    `${folder}/`,
    join(folder, "state"),
    `${folder}/./a/../b`,
    `${root}/x/../model/new`,
  ])
    assert.ok(isInside(path, folder), path);
  for (const path of [root, `${folder}-unfinished`, join(root, "other"), `${folder}/..`])
    assert.ok(!isInside(path, folder), path);
  assert.ok(isInside(folder, "/"));
});

test("Links are followed on both sides", () => {
  const folder = join(root, "linked");
  mkdirSync(folder);
  symlinkSync(folder, join(root, "link"));
  assert.ok(isInside(join(root, "link", "new"), folder));
  assert.ok(isInside(join(folder, "new"), join(root, "link")));
  assert.ok(!isInside(join(root, "link-2"), join(root, "link")));
});
