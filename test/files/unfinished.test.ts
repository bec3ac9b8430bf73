import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import {
  claimUnfinished,
  findAbandoned,
  releaseUnfinished,
  withUnfinished,
} from "../../src/files/unfinished";
import { makeFolder } from "../checkpoint/madeByHand";

test("Names claimed for the same work differ, and are found again only when they are released", () => {
  const stem = join(makeFolder(), "blob");
  const [one, two] = [claimUnfinished(stem, ".part"), claimUnfinished(stem, ".part")];
  assert.notEqual(one, two);
  writeFileSync(one, "");
  writeFileSync(two, "");
  assert.deepEqual(findAbandoned(stem, ".part"), []);
  releaseUnfinished(one);
  assert.deepEqual(findAbandoned(stem, ".part"), [one]);
  assert.deepEqual(findAbandoned(stem, ".other"), []);
  assert.deepEqual(findAbandoned(`${stem}2`, ".part"), []);
});

test("A relative path names the same work as an absolute one", () => {
  const folder = makeFolder();
  const claimed = claimUnfinished(join(relative(process.cwd(), folder), "blob"), ".part");
  writeFileSync(claimed, "");
  assert.deepEqual(findAbandoned(join(folder, "blob"), ".part"), []);
  releaseUnfinished(claimed);
  assert.deepEqual(findAbandoned(join(relative(process.cwd(), folder), "blob"), ".part"), [claimed]);
});

test("What a process that has ended left behind is found, and what a running one works on is not", () => {
  const stem = join(makeFolder(), "blob");
  const ended = spawnSync(process.execPath, ["-e", ""]).pid;
  const by = (pid: number) => claimUnfinished(stem, ".part").replace(/-\d+-\d+\.part$/, `-${pid}-0.part`);
  const left = by(ended);
  const busy = by(process.ppid);
  for (const path of [left, busy, `${stem}.part`, `${stem}.a1b2c3d4.part`]) writeFileSync(path, "");
  assert.deepEqual(findAbandoned(stem, ".part"), [left]);
});

test("What another machine works on is left alone for a day", () => {
  const stem = join(makeFolder(), "blob");
  const path = `${stem}.elsewhere-12-0.part`;
  writeFileSync(path, "");
  assert.deepEqual(findAbandoned(stem, ".part"), []);
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  utimesSync(path, twoDaysAgo, twoDaysAgo);
  assert.deepEqual(findAbandoned(stem, ".part"), [path]);
});

test("Where there is no folder there is nothing to find", () => {
  assert.deepEqual(findAbandoned(join(makeFolder(), "nowhere", "blob"), ".part"), []);
});

test("Work that is done again takes away what a killed process left of it, and nothing of one that runs", () => {
  const folder = makeFolder();
  const stem = join(folder, ".page.html");
  const ended = spawnSync(process.execPath, ["-e", ""]).pid;
  const by = (pid: number) => claimUnfinished(stem, ".tmp").replace(/-\d+-\d+\.tmp$/, `-${pid}-0.tmp`);
  const [left, busy] = [by(ended), by(process.ppid)];
  for (const path of [left, busy]) writeFileSync(path, "half a page");
  withUnfinished(stem, ".tmp", (path) => {
    writeFileSync(path, "");
    assert.deepEqual(readdirSync(folder).sort(), [basename(busy), basename(path)].sort());
  });
  assert.deepEqual(readdirSync(folder), [basename(busy)]);
});
