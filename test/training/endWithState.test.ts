import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, test } from "node:test";
import { StateFolder } from "../../src/training/StateFolder";
import { Stoppable } from "../../src/training/Stoppable";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frostkit-sigterm-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a script until it has told of its third step, sends it SIGTERM so many times, and gives how it ended. */
async function ended(kind: string, times = 1) {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(__dirname, "sigtermChild.ts"), kind, join(folder, "run")],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const lines: string[] = [];
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    if (line !== "3") return;
    child.kill("SIGTERM");
    for (let i = 1; i < times; i++) setTimeout(() => child.kill("SIGTERM"), 300 * i);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...how) => resolve(how)),
  );
  return { code, signal, lines, stderr };
}

/** The step of the state that lies in a folder. */
function stepIn(path: string): number {
  const state = new StateFolder<{ weights: { loop: { step: number } } }>(path).open(assert.fail)!;
  state.close();
  return state.facts.weights.loop.step;
}

for (const [kind, where] of [
  ["fineTune", "run"],
  ["adaptToTexts", "run"],
  ["freezeSweep", "run/unfinished-freeze_n=2_seed=0"],
  ["searchDepth", "run/unfinished-freeze_n=2_lr=1e-3_seed=0"],
])
  test(`SIGTERM has a script's ${kind} write its state at the next step, and nothing that follows it runs`, async () => {
    const { code, lines, stderr } = await ended(kind);
    assert.equal(code, 143, stderr);
    const last = Number(lines.at(-1));
    assert.ok(last >= 3 && last < 3000, lines.at(-1));
    const step = stepIn(join(folder, where));
    assert.ok(step === last || step === last + 1, `state of step ${step}, ${last} were told`);
    assert.match(stderr, /^stopping at the next step, since the system asks for it \(SIGTERM\)$/m);
    assert.ok(!readdirSync(join(folder, "run")).includes(".frostkit-lock"));
  });

test("A script that listens to SIGTERM itself decides what it means", async () => {
  const { code, lines, stderr } = await ended("listens");
  assert.equal(code, 0, stderr);
  assert.deepEqual(lines.slice(-2), ["stopped by itself: aborted", "what follows"]);
  assert.doesNotMatch(stderr, /the system asks for it/);
});

test("A run that keeps nothing is ended at once, as any program is", async () => {
  const { signal, stderr } = await ended("keepsNothing");
  assert.equal(signal, "SIGTERM");
  assert.doesNotMatch(stderr, /the system asks for it/);
});

test("A second SIGTERM ends at once what has no next step", async () => {
  const { code, lines } = await ended("abandons", 2);
  assert.equal(code, 143);
  assert.deepEqual(lines, ["3"]);
});

test("Nothing listens to SIGTERM before a run that keeps a state begins, and once it has ended", () => {
  const count = () => process.listenerCount("SIGTERM");
  const before = count();
  const [one, other] = [1, 2].map(() => new Stoppable({ name: "fineTune", keeps: true }));
  one.begin();
  other.begin();
  assert.equal(count(), before + 1);
  one.end();
  assert.equal(count(), before + 1);
  other.end();
  assert.equal(count(), before);
  const plain = new Stoppable({ name: "evaluate" });
  plain.begin();
  assert.equal(count(), before);
  plain.end();
});
