import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ENGINES, type EngineName } from "../src/engine/useEngine";

export interface EngineHere {
  /** Why it cannot run; null where it can. */
  why: string | null;
  /** "2.21.0, CPU", or the adapter of WebGPU; null where there is nothing to tell. */
  what: string | null;
}

export type Engines = Record<EngineName, EngineHere>;

/**
 * What runs on this machine, tried in a process of its own. All test files of one run share the answer, and with it the Vulkan
 * driver it was found by: where no GPU offers one, that of Debian's chromium, which computes on the processor.
 */
export function enginesHere(): Engines {
  const { env } = process;
  if (env.FROSTKIT_TEST_ENGINES) return JSON.parse(env.FROSTKIT_TEST_ENGINES);
  let engines = probe(ENGINES, env);
  const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
  if (engines.webgpu.why !== null && !env.VK_DRIVER_FILES && existsSync(swiftShader)) {
    const { webgpu } = probe(["webgpu"], { ...env, VK_DRIVER_FILES: swiftShader });
    if (webgpu.why === null) {
      env.VK_DRIVER_FILES = swiftShader;
      engines = { ...engines, webgpu };
    }
  }
  for (const name of ENGINES) if (hasRun(name)) engines[name].why = HAS_RUN;
  env.FROSTKIT_TEST_ENGINES = JSON.stringify(engines);
  return engines;
}

/** What a run of the tests before this one, on the same sources, has tried already: FROSTKIT_RAN names it, as .ci/run sets it. */
export const ranEarlier = (): string[] =>
  (process.env.FROSTKIT_RAN ?? "").split(",").filter((name) => name !== "");

export const hasRun = (name: string): boolean => ranEarlier().includes(name);

/** Why what has run does not run again. */
export const HAS_RUN = "it ran before, with Node alone (FROSTKIT_RAN)";

/** Why what takes minutes waits for the next run of the tests on the same sources, which tries more of it; null where none follows. */
export const waits = (name: string): string | null =>
  (process.env.FROSTKIT_WAITS ?? "").split(",").includes(name)
    ? "the next run of the tests tries it (FROSTKIT_WAITS)"
    : null;

/** "engines: tensorflow (2.21.0, CPU), onnxruntime (1.30.0), cpu; not here: webgpu: no WebGPU adapter was found" */
export function formatEngines(engines: Engines): string {
  const here = ENGINES.filter((name) => engines[name].why === null);
  const absent = ENGINES.filter((name) => engines[name].why !== null);
  const named = here.map((name) => (engines[name].what ? `${name} (${engines[name].what})` : name));
  const line = `engines: ${named.join(", ")}`;
  return absent.length === 0
    ? line
    : `${line}; not here: ${absent.map((name) => `${name}: ${engines[name].why}`).join("; ")}`;
}

function probe(names: readonly EngineName[], env: NodeJS.ProcessEnv): Engines {
  const args = ["--import", "tsx", join(__dirname, "probeEngines.ts"), ...names];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  const answer = /^engines: (.*)$/m.exec(stdout)?.[1];
  if (answer === undefined) throw new Error(`trying the engines ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(answer);
}
