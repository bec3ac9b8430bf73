import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { FolderLock } from "../../src/files/FolderLock";
import { waitUntil } from "../waitUntil";

let folder = "";
let lock = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frostkit-lock-"));
  lock = join(folder, ".frostkit-lock");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const silent = () => assert.fail("nothing is to be told");

/** Processes that each take the folder's lock, hold it for some milliseconds and give it back; what they print. */
function holders(count: number, script = "hold"): Promise<string[]> {
  const path = join(__dirname, "lockChild.ts");
  return Promise.all(
    Array.from({ length: count }, () => {
      const child = spawn(process.execPath, ["--import", "tsx", path, folder, script]);
      children.push(child);
      return new Promise<string>((resolve) => {
        let text = "";
        child.stdout.on("data", (data) => {
          text += data;
        });
        child.on("close", () => resolve(text));
      });
    }),
  );
}

test("a folder that one run has is refused to another, which is told who has it, until it is given back", () => {
  const first = FolderLock.take(folder, silent);
  assert.throws(
    () => FolderLock.take(folder, silent),
    /: expected a folder that no other run writes to, got one that another run of this process does, since 20.*; wait for its end, stop it, or name another folder$/,
  );
  first.check();
  first.release();
  assert.throws(() => first.check(), /the lock of this run is gone; nothing more is written there/);
  const second = FolderLock.take(folder, silent);
  // It is another's by now.
  first.release();
  second.check();
  second.release();
  assert.deepEqual(readdirSync(folder), []);
});

test("another process is named by its number, and its death is seen at once", async () => {
  const ended = holders(1, "for ever");
  await waitUntil(() => existsSync(lock));
  const { pid } = children[0];
  assert.throws(() => FolderLock.take(folder, silent), new RegExp(`got one that process ${pid} does, since`));
  children[0].kill("SIGKILL");
  await ended;
  const told: string[] = [];
  const mine = FolderLock.take(folder, (line) => told.push(line));
  assert.deepEqual(told, [`${folder}: process ${pid}, which wrote to it, is no more; this run takes over`]);
  mine.release();
  assert.deepEqual(readdirSync(folder), []);
});

test("a process that ends gives its lock back", async () => {
  assert.deepEqual(await holders(1, "end"), ["taken\n"]);
  assert.deepEqual(readdirSync(folder), []);
});

test("of many that come upon a dead one's lock at once, one has it at a time", async () => {
  writeFileSync(
    lock,
    JSON.stringify({ id: "x", host: hostname(), pid: 999_999_999, started: null, since: "then" }),
  );
  const told = await holders(6);
  // Each says when it took the lock and when it gave it back, or that it was refused.
  const times = told.flatMap((text) => {
    const [, begin, end] = /^held (\d+) (\d+)/m.exec(text) ?? [];
    return begin ? [[Number(begin), Number(end)]] : [];
  });
  assert.ok(times.length >= 1);
  times.sort(([a], [b]) => a - b);
  for (const [i, [begin]] of times.entries())
    if (i > 0) assert.ok(begin >= times[i - 1][1], JSON.stringify(times));
  assert.equal(told.filter((text) => text.includes("takes over")).length, 1);
  for (const text of told) assert.match(text, /held|expected a folder that no other run writes to/);
  assert.deepEqual(readdirSync(folder), []);
});

test("a number that another process has by now is no sign of life", {
  skip: process.platform !== "linux" && "only Linux tells when a process began",
}, () => {
  writeFileSync(
    lock,
    JSON.stringify({
      id: "x",
      host: hostname(),
      pid: process.pid,
      started: "another boot 12",
      since: "then",
    }),
  );
  const told: string[] = [];
  FolderLock.take(folder, (line) => told.push(line)).release();
  assert.equal(told.length, 1);
});

test("a process of another machine is taken for dead after minutes without a sign of life, and named", () => {
  writeFileSync(
    lock,
    JSON.stringify({ id: "x", host: "elsewhere", pid: 7, started: null, since: "2026-01-01" }),
  );
  assert.throws(() => FolderLock.take(folder, silent), /process 7 on elsewhere does, since 2026-01-01;/);
  const before = Date.now() / 1000 - 290;
  utimesSync(lock, before, before);
  assert.throws(() => FolderLock.take(folder, silent), /process 7 on elsewhere/);
  utimesSync(lock, before - 20, before - 20);
  const told: string[] = [];
  FolderLock.take(folder, (line) => told.push(line)).release();
  assert.deepEqual(told, [
    `${folder}: process 7 on elsewhere, which wrote to it, is no more; this run takes over`,
  ]);
});

test("a run whose lock was taken over while its machine slept finds out before it writes", () => {
  const mine = FolderLock.take(folder, silent);
  writeFileSync(
    lock,
    JSON.stringify({ ...JSON.parse(readFileSync(lock, "utf8")), id: "y", host: "elsewhere", pid: 7 }),
  );
  assert.throws(
    () => mine.check(),
    /the lock of this run is gone: process 7 on elsewhere has taken over; nothing more is written there/,
  );
  mine.release();
  assert.ok(existsSync(lock), "the other's lock stays");
});

test("a sign of life comes while the process is at work", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const mine = FolderLock.take(folder, silent);
  const text = readFileSync(lock, "utf8");
  utimesSync(lock, 1000, 1000);
  t.mock.timers.tick(5000);
  const { statSync } = await import("node:fs");
  assert.ok(statSync(lock).mtimeMs > Date.now() - 60_000);
  assert.equal(readFileSync(lock, "utf8"), text);
  mine.release();
});

test("a lock of which a crash of the machine has left nothing is nobody's after some seconds", () => {
  for (const left of ["", "\0".repeat(120), '{"id":"x","ho']) {
    writeFileSync(lock, left);
    assert.throws(() => FolderLock.take(folder, silent), /got one that a process that left no name does/);
    const before = Date.now() / 1000 - 6;
    utimesSync(lock, before, before);
    const told: string[] = [];
    FolderLock.take(folder, (line) => told.push(line)).release();
    assert.deepEqual(told, [
      `${folder}: a process that left no name, which wrote to it, is no more; this run takes over`,
    ]);
    assert.deepEqual(readdirSync(folder), []);
  }
});

test("a lock is on the disk before it bears its name, so that no crash of the machine empties it", (t) => {
  const order: string[] = [];
  const { writeFileSync: write, linkSync } = fs;
  t.mock.method(fs, "writeFileSync", (path: string, data: string, options: { flush?: boolean }) => {
    order.push(options.flush ? "synced" : "written");
    write(path, data, options);
  });
  t.mock.method(fs, "linkSync", (from: string, to: string) => {
    order.push("named");
    linkSync(from, to);
  });
  FolderLock.take(folder, silent).release();
  assert.deepEqual(order, ["synced", "named"]);
});

test("what a process left that was killed while it took over is gone with the next lock", () => {
  mkdirSync(`${lock}-break`);
  FolderLock.take(folder, silent).release();
  assert.deepEqual(readdirSync(folder), []);
});
