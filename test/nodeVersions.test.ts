// The promise of later Node versions, held where they differ: the binding, its import and what runs in child processes.
// FROSTKIT_NODES names their programs, separated as in the PATH.
import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { test } from "node:test";
import { NODE_VERSIONS } from "./legs";
import { runParts } from "./runParts";

const PARTS = [
  "engine/useEngine",
  "engine/OnnxRuntime",
  "engine/onnxruntime",
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
    const passed = await runParts(PARTS, { program });
    t.diagnostic(`${passed} tests passed on Node ${version}`);
  });
}
