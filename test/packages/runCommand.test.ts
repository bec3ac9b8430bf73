import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../src/packages/runCommand";
import { fakeCommand, temporaryFolder } from "../engine/native/fakes";
import { waitUntil } from "../waitUntil";

const module = JSON.stringify(join(__dirname, "../../src/packages/runCommand"));

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
  const script = `require(${module}).runCommand("no-such-command", [], { timeout: 60_000 })`;
  const { status, signal } = spawnSync(process.execPath, ["--import", "tsx", "-e", script], {
    timeout: 50_000,
  });
  assert.deepEqual([status, signal], [0, null]);
});

/** Runs a command that starts another, which sleeps, in a process of its own; gives that one and the sleeper's number. */
async function sleeper(more = ""): Promise<{ child: ChildProcess; pid: number }> {
  const file = join(temporaryFolder(), "pid");
  const command = join(
    fakeCommand("compiler", `sleep 60 & echo $! > ${file}.new && mv ${file}.new ${file}; wait`),
    "compiler",
  );
  const script = `require(${module}).runCommand(${JSON.stringify(command)}, []); ${more}`;
  const child = spawn(process.execPath, ["--import", "tsx", "-e", script]);
  await waitUntil(() => existsSync(file));
  return { child, pid: Number(readFileSync(file, "utf8")) };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const)
  test(`A command ends, with all that it started, when ${signal} ends the process that runs it`, async () => {
    const { child, pid } = await sleeper();
    assert.ok(isRunning(pid));
    child.kill(signal);
    await once(child, "close");
    await waitUntil(() => !isRunning(pid));
    assert.ok(!isRunning(pid));
  });

test("So it does when that process ends by itself before the command has", async () => {
  const { child, pid } = await sleeper('process.once("SIGTERM", () => process.exit(4))');
  child.kill("SIGTERM");
  const [code] = await once(child, "close");
  assert.equal(code, 4);
  await waitUntil(() => !isRunning(pid));
  assert.ok(!isRunning(pid));
});

test("What a command that has ended left running on purpose stays", async () => {
  const file = join(temporaryFolder(), "pid");
  const command = join(fakeCommand("starts", `sleep 60 > /dev/null 2>&1 & echo $! > ${file}`), "starts");
  const script = `require(${module}).runCommand(${JSON.stringify(command)}, []).then(({ code }) => console.log(code))`;
  const { stdout } = spawnSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" });
  const pid = Number(readFileSync(file, "utf8"));
  assert.equal(stdout, "0\n");
  assert.ok(isRunning(pid));
  process.kill(pid);
});
