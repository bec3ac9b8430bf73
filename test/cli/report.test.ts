import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TrialRecord } from "../../src/sweep/record";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";
import { folder, frostkit } from "./frostkit";

function writeRecords(name: string, records: TrialRecord[], end = ""): string {
  mkdirSync(join(folder, name), { recursive: true });
  const lines = records.map((record) => `${JSON.stringify(record)}\n`);
  writeFileSync(join(folder, name, "records.jsonl"), lines.join("") + end);
  return name;
}

const sweep = (given: Partial<TrialRecord> = {}) =>
  [0, 1, 2].map((n) => fakeRecord({ n, accuracy: 0.9 - n / 10, ...given }));

test("report writes the page and the pictures again and prints the table", async () => {
  const name = writeRecords("good", sweep());
  const { code, stdout, stderr } = await frostkit("report", name);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.match(stdout, /^N +accuracy +s\/epoch/);
  assert.match(stdout, /^0 +0\.9000 .* <- recommended$/m);
  assert.match(stdout, /^report: good\/report\.html/m);
  for (const file of [
    "report.html",
    "accuracy.svg",
    "accuracy.png",
    "seconds.svg",
    "memory.svg",
    "epochs.svg",
  ])
    assert.ok(existsSync(join(folder, name, file)), file);
});

test("Of several sweeps in one file the latest is shown, and that others were left out is said", async () => {
  const name = writeRecords("mixed", [
    ...sweep({ modelHash: "other" }),
    ...sweep(),
    fakeRecord({ n: 2, accuracy: 0.95 }),
  ]);
  const { code, stdout, stderr } = await frostkit("report", name);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^mixed\/records\.jsonl: 3 of 7 records are of the latest sweep; [^\n]+\n$/);
  assert.match(stdout, /^2 +0\.9500 .* <- recommended$/m);
});

test("A last line that a crash broke off is left out, and that is said", async () => {
  const name = writeRecords("torn", sweep(), '{"trial":"freeze n=3');
  const { code, stdout, stderr } = await frostkit("report", name);
  assert.equal(code, 0);
  assert.match(stderr, /^torn\/records\.jsonl, line 4: broken off/);
  assert.match(stdout, /^2 +0\.7000 /m);
});

test("--metric judges by another metric; a regression is judged by rmse unless told otherwise", async () => {
  const regression = [1, 0.5].map((rmse, n) =>
    fakeRecord({ n, accuracy: null, epochs: [fakeEpoch({ metrics: { rmse } })] }),
  );
  const name = writeRecords("regression", regression);
  assert.match((await frostkit("report", name)).stdout, /^N +rmse [\s\S]*^1 +0\.5000 .* <- recommended$/m);
  const { code, stderr } = await frostkit("report", name, "--metric", "f1");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^frostkit report: --metric: trial .* has no f1 to judge by; name one it has: loss, rmse\n$/,
  );
});

test("A folder without records is bad input", async () => {
  writeRecords("empty", []);
  const empty = await frostkit("report", "empty");
  assert.deepEqual(
    [empty.code, empty.stderr],
    [2, "frostkit report: empty/records.jsonl: expected at least one record, got none\n"],
  );
  const none = await frostkit("report", "nowhere");
  assert.equal(none.code, 2);
  assert.equal(
    none.stderr,
    "frostkit report: nowhere: expected a sweep's folder with records.jsonl, got no such folder\n",
  );
});

test("A folder around sweeps names them, and one of another kind, or a file, is told for what it is", async () => {
  for (const name of ["around/run-10", "around/run-9", "around/data/train"]) writeRecords(name, sweep());
  writeRecords("alone/in/there", sweep());
  for (const [name, file] of [
    ["saved", "config.json"],
    ["tables", "train.csv"],
    ["pets/cat", "1.png"],
    ["lora", "adapter_config.json"],
    ["other", "notes.txt"],
  ]) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), "{}");
  }
  for (const [dir, got] of [
    ["around", "one around data/train, run-9, run-10; name one of them: around/data/train"],
    ["alone", "one around in/there; name that: alone/in/there"],
    ["saved", "a model's folder"],
    ["tables", "a folder of tables, train.csv"],
    ["pets", "a folder of images"],
    ["other", "one without; it holds notes.txt"],
    ["tables/train.csv", "a file"],
    ["around/run-9/records.jsonl", "a file; name the folder it lies in: around/run-9"],
  ]) {
    const { code, stderr } = await frostkit("report", dir);
    assert.deepEqual(
      [code, stderr],
      [2, `frostkit report: ${dir}: expected a sweep's folder with records.jsonl, got ${got}\n`],
    );
  }
});
