import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Random } from "../../src/random";
import { baselines } from "./Baseline";
import { compileLayer } from "./compileLayer";
import { drawFault, faultNames } from "./Fault";
import type { FilePlan } from "./FilePlan";
import type { Scenario } from "./Scenario";
import { tryCase } from "./tryCase";

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "frostkit-chaos-test-")));
after(() => rmSync(scratch, { recursive: true, force: true }));
const layer = compileLayer(scratch);

/** A run of few lines of JavaScript in which `kit` is the kit's own way to write a file. */
function scripted(name: string, script: string): Scenario {
  const kit = JSON.stringify(join(__dirname, "../../dist/files/replaceFile.js"));
  return {
    name,
    prepare(folder) {
      writeFileSync(
        join(folder, "run.cjs"),
        `const fs = require("node:fs"); const kit = require(${kit});\n${script}`,
      );
    },
    args: () => ["run.cjs"],
    whole: /^work\/said/,
  };
}

/** Many pieces, so that most moments lie within them. */
const WRITES = `
try {
  const text = "a line that is to be there\\n".repeat(20_000);
  kit.replaceFile("said.txt", text);
  kit.replaceFile("said-too.txt", text);
} catch (error) {
  console.error("chaos: " + error.message);
  process.exitCode = 1;
}`;

/** What is wrong in so many cases of a run, and how many disturbances came. */
async function disturbed(scenario: Scenario, cases: number, broken?: FilePlan["broken"]) {
  const undisturbed = await baselines([scenario], scratch, { layer });
  const outcomes = [];
  for (let number = 0; number < cases; number++) {
    const path = join(scratch, `${scenario.name}-${number}`);
    const aCase = { scenario, path, seed: 1, number, canFill: false };
    outcomes.push(await tryCase(aCase, undisturbed, { layer, broken }));
  }
  return {
    wrong: outcomes.flatMap(({ wrong }) => wrong),
    struck: outcomes.flatMap(({ struck }) => struck).length,
  };
}

test("A run that writes files whole or not at all comes through all that is done to it", async () => {
  const { wrong, struck } = await disturbed(scripted("whole", WRITES), 10);
  assert.deepEqual(wrong, []);
  assert.ok(struck > 5, `${struck} disturbances`);
});

test("Where a file takes another's place piece by piece, a half one is found under its final name", async () => {
  const { wrong } = await disturbed(scripted("pieces", WRITES), 10, "rename");
  assert.ok(
    wrong.some((line) => /^work\/said\S*\.txt is there and not whole: /.test(line)),
    wrong.join("\n"),
  );
});

test("A file that is named before it is on the disk is found to be lost when the machine dies", async () => {
  const script = `
fs.writeFileSync("new", "x".repeat(50_000));
fs.renameSync("new", "said");
for (const name of "abcdefgh") fs.writeFileSync(name, "");`;
  const { wrong } = await disturbed(scripted("unsynced", script), 24);
  assert.ok(
    wrong.some((line) => line.startsWith("work/said is there and not whole: ")),
    wrong.join("\n"),
  );
});

for (const [what, script, expected] of [
  [
    "temporary file",
    'fs.mkdtempSync(process.env.TMPDIR + "/left-"); fs.writeFileSync("said", "");',
    /^tmp\/left-\S+ is left$/,
  ],
  [
    "line written twice",
    'fs.appendFileSync("lines", "one\\n"); fs.writeFileSync("said", "");',
    /^work\/lines is not as undisturbed: /,
  ],
  [
    "process",
    `const { spawn } = require("node:child_process");
    const child = spawn("sleep", ["5"], { stdio: "ignore" });
    child.once("spawn", () => { fs.writeFileSync("said", ""); setTimeout(() => child.kill(), 300); });`,
    /sleep 5 still runs$/,
  ],
  ["trace instead of a reason", 'fs.writeFileSync("said", "")', /shows a trace: [\s\S]*EIO/],
] as const)
  test(`A ${what} that a killed run leaves is found`, async () => {
    const { wrong } = await disturbed(scripted(what.split(" ")[0], script), 16);
    assert.ok(
      wrong.some((line) => expected.test(line)),
      wrong.join("\n"),
    );
  });

test("The same seed draws the same disturbances, every kind among them, and full disks where there can be any", () => {
  const drawn = (canFill: boolean) => {
    const random = new Random("faults", 1);
    return Array.from({ length: 400 }, () => drawFault(random, ["open a", "write a", "write a"], canFill));
  };
  assert.deepEqual(drawn(true), drawn(true));
  const names = (canFill: boolean) => new Set(drawn(canFill).map(({ name }) => name));
  assert.deepEqual([...names(true)].sort(), faultNames.toSorted());
  assert.ok(!names(false).has("full disk"));
  for (const fault of drawn(true))
    if (fault.kind === "file") assert.ok(fault.fault.at >= 1 && fault.fault.at <= 3, JSON.stringify(fault));
});

test("What is asked for wrongly is refused, and the kinds of runs are named", () => {
  for (const args of [["nowhere"], ["--kills", "0"], ["--seed", "x"], ["--case=-1"]]) {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", join(__dirname, "run.ts"), ...args],
      {
        encoding: "utf8",
      },
    );
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^expected --kills K --seed S .* finetune, sweep, .*; got /);
  }
});
