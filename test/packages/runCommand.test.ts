import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../src/packages/runCommand";
import { fakeCommand } from "../engine/native/fakes";

test("A command's output and exit code come back, whatever they are", async () => {
  const { code, signal, stdout, stderr, missing } = await runCommand("sh", [
    "-c",
    "echo a; echo b >&2; exit 3",
  ]);
  assert.deepEqual([code, signal, stdout, stderr, missing], [3, null, "a\n", "b\n", false]);
});

test("A command that there is not is said to be missing", async () => {
  const { code, missing, stderr } = await runCommand("no-such-command", []);
  assert.deepEqual([code, missing], [null, true]);
  assert.match(stderr, /ENOENT/);
});

test("One that takes too long is ended", async () => {
  const start = performance.now();
  const slow = join(fakeCommand("slow", "exec sleep 30"), "slow");
  const { signal } = await runCommand(slow, [], { timeout: 200 });
  assert.equal(signal, "SIGTERM");
  assert.ok(performance.now() - start < 20_000);
});

test("A missing command's time limit does not keep the process alive", () => {
  const module = JSON.stringify(join(__dirname, "../../src/packages/runCommand"));
  const script = `require(${module}).runCommand("no-such-command", [], { timeout: 60_000 })`;
  const { status, signal } = spawnSync(process.execPath, ["--import", "tsx", "-e", script], {
    timeout: 50_000,
  });
  assert.deepEqual([status, signal], [0, null]);
});
