import assert from "node:assert/strict";
import { basename, join, resolve } from "node:path";
import { test } from "node:test";
import { runFolder } from "../../src/cli/runFolder";

test("Tables of one name in other folders have folders of their own", () => {
  assert.equal(runFolder(["train.csv"]), join("runs", "train"));
  assert.equal(runFolder(["./train.csv"]), join("runs", "train"));
  assert.equal(runFolder([resolve("train.csv")]), join("runs", "train"));
  assert.equal(runFolder(["titanic/train.csv"]), join("runs", "titanic", "train"));
  assert.equal(runFolder(["titanic/../reviews/train.v2.csv"]), join("runs", "reviews", "train.v2"));
  assert.equal(
    runFolder(["/kaggle/input/titanic/train.csv"]),
    join("runs", "kaggle", "input", "titanic", "train"),
  );
  assert.notEqual(runFolder(["../a/train.csv"]), runFolder(["../b/train.csv"]));
});

test("What lies outside stays within runs, and the working directory has its own name", () => {
  assert.ok(runFolder(["../../train.csv"]).startsWith(join("runs", "")));
  assert.ok(!runFolder(["../../train.csv"]).includes(".."));
  assert.equal(runFolder(["."]), join("runs", basename(process.cwd())));
  assert.equal(runFolder(["pets/"]), join("runs", "pets"));
});

test("A packed table is called as the one in it, and several by all their names", () => {
  assert.equal(runFolder(["train.csv.gz"]), join("runs", "train"));
  assert.equal(runFolder(["reviews/train.csv.zip"]), join("runs", "reviews", "train"));
  assert.equal(runFolder(["train.zip"]), join("runs", "train"));
  assert.equal(runFolder(["a/one.csv", "b/two.csv.gz", "c/three.jsonl"]), join("runs", "a", "one+two+three"));
});
