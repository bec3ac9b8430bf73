import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withTemporaryFolder } from "../../src/files/withTemporaryFolder";
import { makeFolder } from "../checkpoint/madeByHand";
import { waitUntil } from "../waitUntil";

const module = JSON.stringify(join(__dirname, "../../src/files/withTemporaryFolder"));

/** Lines of a process that has a temporary folder under this stem, with a file in it. */
const inProcess = (stem: string, lines: string) => [
  ...["--import", "tsx", "-e"],
  `require(${module}).withTemporaryFolder(${JSON.stringify(stem)}, async (folder) => {
    require("node:fs").writeFileSync(folder + "/half", "");
    ${lines}
  })`,
];

test("Work has a folder of its own that nobody else may look into, and gives what it gives; then the folder is gone", async () => {
  const root = makeFolder();
  const stem = join(root, "build");
  const got = await withTemporaryFolder(stem, async (folder) => {
    assert.ok(statSync(folder).isDirectory() && folder.startsWith(`${stem}.`));
    if (process.platform !== "win32") assert.equal(statSync(folder).mode & 0o77, 0);
    writeFileSync(join(folder, "file"), "");
    return 7;
  });
  assert.equal(got, 7);
  await assert.rejects(
    withTemporaryFolder(stem, async () => {
      throw new Error("no");
    }),
    /^Error: no$/,
  );
  assert.deepEqual(readdirSync(root), []);
});

test("It goes where the process is ended by its own exit, and in mid-work", () => {
  const root = makeFolder();
  const { status, stderr } = spawnSync(process.execPath, inProcess(join(root, "build"), "process.exit(3)"), {
    encoding: "utf8",
  });
  assert.deepEqual([status, readdirSync(root)], [3, []], stderr);
});

test("What a killed process left is gone as soon as the same work begins; a user's folder of such a name stays", async () => {
  const root = makeFolder();
  const stem = join(root, "build");
  const child = spawn(
    process.execPath,
    inProcess(stem, "await new Promise((done) => setTimeout(done, 60_000))"),
  );
  await waitUntil(() => readdirSync(root).some((name) => existsSync(join(root, name, "half"))));
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(readdirSync(root).length, 1);
  writeFileSync(join(root, "build.tmp"), "mine");
  await withTemporaryFolder(stem, async () => assert.equal(readdirSync(root).length, 2));
  assert.deepEqual(readdirSync(root), ["build.tmp"]);
});
