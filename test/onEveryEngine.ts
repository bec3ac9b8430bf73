import { existsSync } from "node:fs";
import { after, before, describe } from "node:test";
import { bindingFiles } from "../src/engine/native/bindingFiles";
import { type EngineName, useEngine } from "../src/engine/useEngine";
import { enginesHere } from "./enginesHere";

type Tests = (engine: EngineName) => void;

const engines = enginesHere();
// A binding that does not load is an error to be seen, not one to be skipped.
const missing = (engine: EngineName) =>
  (engine === "tensorflow" && existsSync(bindingFiles().binding) ? null : engines[engine].why) ?? false;

/** Why a test of half precision cannot run on an engine, or false; for `skip`. */
export const withoutHalf = (engine: string): string | false =>
  engine !== "tensorflow" && "the engine computes in float32 alone";

/** Why a test of the C++ kernels cannot run on the engine in use. */
export const NO_NATIVE_KERNELS = "the engine has no C++ kernels";

/** Runs a group of tests once per engine that is installed; what is installed has to work. */
export const onEveryEngine = (title: string, tests: Tests) =>
  on(["tensorflow", "onnxruntime", "cpu"], title, tests);

/** The same without plain JavaScript, which is there to check kernels and too slow to train on. */
export const onEveryFastEngine = (title: string, tests: Tests) =>
  on(["tensorflow", "onnxruntime"], title, tests);

/** The same with WebGPU, where values cannot be read at once: the tests have to wait for them. */
export const onEveryEngineAndWebgpu = (title: string, tests: Tests) =>
  on(["tensorflow", "webgpu", "onnxruntime", "cpu"], title, tests);

/** A group of tests on WebGPU alone. */
export const onWebgpu = (title: string, tests: Tests) => on(["webgpu"], title, tests);

/** The same, for models that a driver which computes on the processor takes minutes for. */
export function onWebgpuHardware(title: string, tests: Tests): void {
  const { why, what } = engines.webgpu;
  const slow =
    /swiftshader|llvmpipe/i.test(what ?? "") && `${what} computes on the processor, which takes minutes`;
  describe(`${title}, on webgpu`, { skip: why ?? slow }, () => {
    before(() => useEngine("webgpu"));
    afterWebgpu("webgpu");
    tests("webgpu");
  });
}

function on(names: readonly EngineName[], title: string, tests: Tests): void {
  for (const engine of names)
    describe(`${title}, on ${engine}`, { skip: missing(engine) }, () => {
      before(() => useEngine(engine));
      afterWebgpu(engine);
      tests(engine);
    });
}

/** Tests that ask for no engine read values at once, which WebGPU cannot: none of them is left with it. */
function afterWebgpu(engine: EngineName): void {
  if (engine === "webgpu") after(() => useEngine("auto"));
}
