import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe } from "node:test";
import { ENGINES, type EngineName, useEngine } from "../src/engine/useEngine";

const binding = join(
  dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json")),
  "lib/napi-v8/tfjs_binding.node",
);

/** Runs a group of tests once per engine that is installed; what is installed has to work. */
export function onEveryEngine(title: string, tests: (engine: EngineName) => void): void {
  onEngines(ENGINES, title, tests);
}

/** The same without plain JavaScript, which is there to check kernels and too slow to train on. */
export function onEveryFastEngine(title: string, tests: (engine: EngineName) => void): void {
  onEngines(
    ENGINES.filter((engine) => engine !== "cpu"),
    title,
    tests,
  );
}

function onEngines(engines: readonly EngineName[], title: string, tests: (engine: EngineName) => void): void {
  for (const engine of engines) {
    const skip =
      engine === "tensorflow" && !existsSync(binding) && "tfjs-node-gpu's native binding is not built";
    describe(`${title}, on ${engine}`, { skip }, () => {
      before(() => useEngine(engine));
      tests(engine);
    });
  }
}
