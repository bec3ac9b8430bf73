import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { clearExclusively, exclusively } from "../../src/files/exclusively";

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

/** Leaves what a process of this number leaves that is killed in mid-work. */
function leaveBehind(pid: number): string {
  const host = hostname().replace(/[^\w.-]/g, "");
  const name = join(path, `busy.${host}-${pid}-0.tmp`);
  mkdirSync(name, { recursive: true });
  return name;
}

test("what a killed process left behind holds nobody up, whatever the moment it was killed at", () => {
  for (const leave of [
    () => leaveBehind(999_999_999),
    // Before it had the right to work, and when it had given it back.
    () => mkdirSync(`${path}.${basename(leaveBehind(999_999_999)).slice("busy.".length)}`),
    () => mkdirSync(path),
  ]) {
    leave();
    assert.equal(
      exclusively(path, () => 1),
      1,
    );
    assert.deepEqual(readdirSync(root), []);
  }
});

test("a process that still has this number holds others up for ten seconds alone", () => {
  const name = leaveBehind(process.ppid);
  const before = Date.now() / 1000 - 11;
  utimesSync(name, before, before);
  assert.equal(
    exclusively(path, () => 1),
    1,
  );
  assert.deepEqual(readdirSync(root), []);
});

test("what was left is cleared without any work to do, and nothing is where nothing was", () => {
  leaveBehind(999_999_999);
  clearExclusively(path);
  assert.deepEqual(readdirSync(root), []);
  clearExclusively(path);
  assert.deepEqual(readdirSync(root), []);
});

test("an error that is none of another's work is thrown", () => {
  assert.throws(() => exclusively(join(root, "none", "busy"), () => 1), /ENOENT/);
});
