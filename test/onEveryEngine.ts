import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe } from "node:test";
import { type EngineName, useEngine } from "../src/engine/useEngine";

type Tests = (engine: EngineName) => void;

const binding = join(
  dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json")),
  "lib/napi-v8/tfjs_binding.node",
);

// A driver that computes without a GPU, as Debian's chromium brings it.
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (!process.env.VK_DRIVER_FILES && existsSync(swiftShader)) process.env.VK_DRIVER_FILES = swiftShader;
const vulkan = ["x86_64", "aarch64"].some((cpu) => existsSync(`/usr/lib/${cpu}-linux-gnu/libvulkan.so.1`));

const missing: Partial<Record<EngineName, string | false>> = {
  tensorflow: !existsSync(binding) && "tfjs-node-gpu's native binding is not built",
  webgpu: !(vulkan && process.env.VK_DRIVER_FILES) && "no Vulkan loader and driver are installed",
};

/** Runs a group of tests once per engine that is installed; what is installed has to work. */
export const onEveryEngine = (title: string, tests: Tests) => on(["tensorflow", "wasm", "cpu"], title, tests);

/** The same without plain JavaScript, which is there to check kernels and too slow to train on. */
export const onEveryFastEngine = (title: string, tests: Tests) => on(["tensorflow", "wasm"], title, tests);

/** The same with WebGPU, where values cannot be read at once: the tests have to wait for them. */
export const onEveryEngineAndWebgpu = (title: string, tests: Tests) =>
  on(["tensorflow", "webgpu", "wasm", "cpu"], title, tests);

function on(engines: readonly EngineName[], title: string, tests: Tests): void {
  for (const engine of engines)
    describe(`${title}, on ${engine}`, { skip: missing[engine] ?? false }, () => {
      before(() => useEngine(engine));
      tests(engine);
    });
}
