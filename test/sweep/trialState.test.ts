import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { clearTrialState, trialState } from "../../src/sweep/trialState";
import { StateFolder } from "../../src/training/StateFolder";

let folder = "";
const trial = { trial: "freeze n=2 seed=0" };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frostkit-trial-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The state that a trial leaves which is killed when its record is written, with its lock and half of the next state. */
async function leave(pid: number): Promise<string> {
  const path = trialState(folder, trial);
  const tensors = [{ name: "w", shape: [2], data: () => Float32Array.of(1, 2) }];
  await new StateFolder<{ step: number }>(path).write({ step: 1 }, tensors);
  const host = hostname().replace(/[^\w.-]/g, "");
  mkdirSync(join(path, `.state-2.${host}-999999999-3.frostkit-new`));
  const owner = { id: "x", host: hostname(), pid, started: null, since: "then" };
  writeFileSync(join(path, ".frostkit-lock"), JSON.stringify(owner));
  return path;
}

test("What a trial left that was killed once it had its record goes, and who held it is told", async () => {
  const path = await leave(999_999_999);
  const told: string[] = [];
  clearTrialState(folder, trial, (line) => told.push(line));
  assert.ok(!existsSync(path));
  assert.deepEqual(told, [`${path}: process 999999999, which wrote to it, is no more; this run takes over`]);
  clearTrialState(folder, trial, () => assert.fail("nothing is to be told"));
  assert.deepEqual(readdirSync(folder), []);
});

test("The state of a trial that another process goes on with stays, and so does what a user put beside it", async () => {
  const path = await leave(process.ppid);
  assert.throws(
    () => clearTrialState(folder, trial, () => {}),
    new RegExp(`got one that process ${process.ppid} does`),
  );
  assert.ok(existsSync(join(path, "state-1/state.json")));
  rmSync(join(path, ".frostkit-lock"));
  writeFileSync(join(path, "notes.txt"), "mine");
  clearTrialState(folder, trial, () => {});
  assert.deepEqual(readdirSync(path), ["notes.txt"]);
});
