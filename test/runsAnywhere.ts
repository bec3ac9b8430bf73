import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a test leaves out, or an engine that may be missing, is named by. */
const MAY_BE_LEFT_OUT = /\bskip\b|\btodo\b|\b(onEvery|onWebgpu)\w*\(/;

/** What shows that the command line and notebooks train with the engine that they take by themselves, and all that links one. */
const WITH_EACH_ENGINE = [
  "cli/finetune.test.ts",
  "cli/predict.test.ts",
  "notebook/kernel.test.ts",
  "/engine/",
];

/** Whether all tests of a file run on any machine: none may be skipped, by the file itself or what it imports from the tests. */
export function runsAnywhere(file: string): boolean {
  return !WITH_EACH_ENGINE.some((path) => file.includes(path)) && mayNotBeLeftOut(file, new Set());
}

function mayNotBeLeftOut(file: string, seen: Set<string>): boolean {
  if (seen.has(file)) return true;
  seen.add(file);
  const source = readFileSync(file, "utf8");
  if (MAY_BE_LEFT_OUT.test(source)) return false;
  return [...source.matchAll(/\bfrom "(\.[^"]+)"/g)]
    .map(([, path]) => join(dirname(file), `${path}.ts`))
    .filter((path) => !path.includes("/src/") && existsSync(path))
    .every((path) => mayNotBeLeftOut(path, seen));
}
