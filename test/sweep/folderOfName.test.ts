import assert from "node:assert/strict";
import { test } from "node:test";
import { searchDepth } from "../../src/search/searchDepth";
import { folderOfName } from "../../src/sweep/folderOfName";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { tinyBert, toyRows } from "../training/toyData";

test("What has a name is kept in runs/, under any that a folder may have", () => {
  for (const name of ["sweep", "tweets, 3 seeds", "..5", "ü 1e-3"])
    assert.equal(folderOfName(name), `runs/${name}`);
});

test("A name that leads out of runs/, or to a folder in a folder, is refused before anything is read", () => {
  for (const name of ["../x", "..", ".", "a/b", "a\\b", "/tmp/x", "a\0b"])
    assert.throws(() => folderOfName(name), {
      name: "InputError",
      message: `name: expected one that a folder in runs/ may have, without slashes, got ${JSON.stringify(name)}; where the records go is said by out`,
    });
});

test("A sweep and a search refuse such a name when they are called, unless `out` says where its records go", () => {
  const data = { train: toyRows(8), valid: toyRows(4, "valid") };
  assert.throws(() => freezeSweep(tinyBert, data, { name: "../x" }), /^InputError: name: expected one that/);
  assert.throws(() => searchDepth(tinyBert, data, { name: "../x" }), /^InputError: name: expected one that/);
  assert.doesNotThrow(() => freezeSweep(tinyBert, data, { name: "../x", out: "runs/x" }));
});
