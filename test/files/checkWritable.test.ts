import assert from "node:assert/strict";
import fs, { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, mock, test } from "node:test";
import { checkWritable } from "../../src/files/checkWritable";
import { RecordStore } from "../../src/sweep/RecordStore";
import { makeFolder } from "../checkpoint/madeByHand";

afterEach(() => mock.restoreAll());

test("A place that can be written leaves no trace of the question, whether it is there or several folders are not", () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "notes.txt"), "mine");
  mkdirSync(join(folder, "model"));
  for (const path of ["model", "new", "a/b/c/new", "notes.txt"]) checkWritable(join(folder, path));
  assert.deepEqual(readdirSync(folder).sort(), ["model", "notes.txt"]);
});

test("A file in the way, on whatever level, is named", () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "file"), "");
  for (const path of [join(folder, "file", "model"), join(folder, "file", "a", "model")])
    assert.throws(() => checkWritable(path), {
      name: "InputError",
      message: /model: cannot be written \((ENOTDIR|EEXIST)\); name a place that can be written to$/,
    });
  assert.deepEqual(readdirSync(folder), ["file"]);
});

test("A folder in which nothing can be made, and a name that is too long for a save, are refused", () => {
  assert.throws(() => checkWritable("/proc/model"), /InputError: \/proc\/model: cannot be written \(/);
  const long = join(makeFolder(), "m".repeat(240));
  assert.throws(() => checkWritable(long), /cannot be written \(ENAMETOOLONG/);
});

test("A folder that forbids it and a file system that is read only are refused", () => {
  for (const code of ["EACCES", "EROFS", "ENOSPC"]) {
    mock.restoreAll();
    const folder = makeFolder();
    mock.method(fs, "mkdirSync", (path: string) => {
      if (path !== folder) throw Object.assign(new Error(`${code}: no`), { code });
    });
    assert.throws(
      () => checkWritable(join(folder, "model")),
      new RegExp(`model: cannot be written \\(${code}\\)`),
    );
  }
});

test("A disk with less room than is needed is refused, with both numbers", () => {
  const path = join(makeFolder(), "model");
  checkWritable(path, { needed: 1e6 });
  assert.throws(() => checkWritable(path, { needed: 1e18 }), {
    name: "InputError",
    message: /model: expected room for 1000000000000 MB, got \d+ MB: free some, or name another disk$/,
  });
  assert.ok(!existsSync(path));
});

test("A folder where a disk is mounted can't be replaced, and is refused", () => {
  assert.throws(() => checkWritable("/proc"), {
    name: "InputError",
    message:
      "/proc: expected a folder that can be replaced, got one where a disk is mounted; name a folder inside",
  });
});

test("Records that cannot be written are found out before the first trial", () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "file"), "");
  assert.throws(() => new RecordStore(join(folder, "file")), /records\.jsonl: cannot be written/);
  mkdirSync(join(folder, "runs", "records.jsonl"), { recursive: true });
  assert.throws(() => new RecordStore(join(folder, "runs")), {
    name: "InputError",
    message:
      /records\.jsonl: expected a file to write, got the folder .*records\.jsonl; move it away, or name another place$/,
  });
});

test("What a killed process left of the question is gone when it is asked again", () => {
  const folder = makeFolder();
  const host = hostname().replace(/[^\w.-]/g, "");
  mkdirSync(join(folder, `.said.csv.${host}-999999999-0.frostkit-new`));
  checkWritable(join(folder, "said.csv"));
  assert.deepEqual(readdirSync(folder), []);
});
