// The promise of later Node versions, held where they differ: the binding, its import and what runs in child processes.
// FROSTKIT_NODES names their programs, separated as in the PATH.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { NODE_VERSIONS } from "./legs";

const PARTS = [
  "engine/useEngine",
  "engine/native/loadTensorflow",
  "engine/native/nativeStatus",
  "models/bert",
];
const here = Number(process.versions.node.split(".")[0]);

const programs = (process.env.FROSTKIT_NODES ?? "").split(delimiter).filter((path) => path !== "");
const versions = new Map(
  programs.map((path) => {
    const { stdout, error } = spawnSync(path, ["-p", "process.versions.node.split('.')[0]"], {
      encoding: "utf8",
    });
    if (error) throw new Error(`FROSTKIT_NODES: expected Node.js programs, got ${path}: ${error.message}`);
    return [Number(stdout), path];
  }),
);

for (const version of NODE_VERSIONS.filter((version) => version !== here)) {
  const program = versions.get(version);
  test(`Engines, binding and BERT's parity hold on Node ${version} as well`, {
    skip: program === undefined && `FROSTKIT_NODES names no Node ${version}`,
    timeout: 1_800_000,
  }, async (t) => {
    const env = { ...process.env };
    // Every engine runs there, whatever has run on this version.
    for (const name of ["NODE_TEST_CONTEXT", "FROSTKIT_REQUIRE", "FROSTKIT_RAN", "FROSTKIT_TEST_ENGINES"])
      delete env[name];
    const child = spawn(program!, ["--import", "tsx", join(__dirname, "run.ts"), ...PARTS], { env });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    const [code] = await once(child, "close");
    assert.equal(code, 0, said);
    const passed = Number(/^\S+ pass (\d+)$/m.exec(said)?.[1]);
    assert.ok(passed > 0, said);
    t.diagnostic(`${passed} tests passed on Node ${version}`);
  });
}
