import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeTable } from "../../src/data/writeTable";
import { checkPath } from "../../src/files/checkPath";
import { checkTarget } from "../../src/files/checkTarget";
import { RecordStore } from "../../src/sweep/RecordStore";
import { folder, frostkit } from "../cli/frostkit";

const refused = (path: string, why: string) => ({
  name: "InputError",
  message: `${path}: expected a path, got ${why}`,
});
const HOME = 'one with "~", which is the home folder in a shell alone; write the whole path';
const ADDRESS = "an address; write the path alone";

test("What a shell alone understands, addresses and NUL are no paths; names that look alike are", () => {
  for (const path of ["~", "~/model", "runs/~/model"])
    assert.throws(() => checkPath(path), refused(path, HOME));
  for (const path of ["file:///model", "s3://bucket/model"])
    assert.throws(() => checkPath(path), refused(path, ADDRESS));
  assert.throws(() => checkPath("a\0b"), refused('"a\\u0000b"', "one with a NUL character in it"));
  for (const path of ["~model", "model~", "C:\\model", "runs/a:b", "a b", "model.v1"])
    assert.doesNotThrow(() => checkPath(path), path);
});

test("Every writer asks first, so that no folder of such a name is made", async () => {
  const path = "~/frostkit-test";
  assert.throws(() => checkTarget(path), refused(path, HOME));
  assert.throws(() => writeTable(`${path}.csv`, { id: [1] }), refused(`${path}.csv`, HOME));
  assert.throws(() => new RecordStore(path), refused(join(path, "records.jsonl"), HOME));
  const { code, stderr } = await frostkit("pack", "~/frostkit-test");
  assert.equal(code, 2, stderr);
  assert.match(stderr, /expected a path, got one with "~"/);
  assert.ok(!existsSync("~") && !existsSync(join(folder, "~")));
});
