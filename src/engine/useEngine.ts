import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { checkOneOf } from "../check";
import { FrostError } from "../errors";
import { noOptions } from "../options/noOptions";
import { ownCommand } from "../packages/ownCommand";
import { formatMany } from "../text/numbers";
import { reasonOf } from "../text/oneLine";
import { loadFunctions } from "./functions/loadFunctions";
import { describeDevice } from "./native/describeDevice";
import { addonStale, asGpu, computesOnGpu, loadTensorflow, tensorflowVersion } from "./native/loadTensorflow";
import { nvidiaGpus } from "./native/nvidiaGpus";
import { loadOnnxruntime, onnxruntimeVersion } from "./onnxruntime/loadOnnxruntime";
import { watchBytes } from "./peakBytes";
import { recording } from "./recorder/recording";
import { loadTfjsGradients } from "./tfjsGradients";
import { loadWebgpu } from "./webgpu/loadWebgpu";
import { throwWhenRead } from "./webgpu/throwWhenRead";
import type { WebgpuBackend } from "./webgpu/WebgpuBackend";

/** What can compute. */
export type EngineName = "tensorflow" | "webgpu" | "onnxruntime" | "cpu";
/** The names of all engines, the fastest first. */
export const ENGINES: readonly EngineName[] = ["tensorflow", "webgpu", "onnxruntime", "cpu"];

/** The engine that computes. */
export interface Engine {
  /** Which one. */
  name: EngineName;
  /** Why this one: one line for people. */
  reason: string;
  /** Versions of what computes, for the record of a run. */
  versions: Record<string, string>;
}

/**
 * Makes one engine the one that computes: `"tensorflow"` (native, through tfjs-node-gpu), `"webgpu"`, `"onnxruntime"` (native, from npm
 * alone), or `"cpu"` (plain JavaScript, for checking). `"auto"` takes TensorFlow where its binding is installed and loads, then WebGPU
 * where the environment variable FROSTKIT_WEBGPU=1 asks for it and an adapter is found, then ONNX Runtime, and plain JavaScript where
 * none of them runs; `reason` tells why. A named engine that cannot run is an error, never replaced by another.
 *
 * @throws FrostError where the named engine cannot run, with the reason
 * @example
 * ```ts
 * const engine = await useEngine("auto");
 * console.log(engine.name, engine.reason);
 * ```
 */
export async function useEngine(choice?: EngineName | "auto"): Promise<Engine>;
export async function useEngine(choice: EngineName | "auto" = "auto", ...more: unknown[]): Promise<Engine> {
  noOptions("useEngine", more);
  checkOneOf("engine", choice, ["auto", ...ENGINES]);
  if (choice !== "auto") {
    const why = await whyNot(choice);
    if (why) throw new FrostError(`engine ${choice} cannot run: ${why}`);
    return use(choice, ["as asked for"]);
  }
  const refusals: string[] = [];
  for (const name of ENGINES) {
    if (name === "webgpu" && process.env.FROSTKIT_WEBGPU !== "1") continue;
    const why = await whyNot(name);
    if (why === null) return use(name, refusals);
    refusals.push(`${name} cannot run: ${why}`);
  }
  throw new FrostError(refusals.join("; "));
}

let inUse: Engine | null = null;

/** The engine in use; where none was chosen yet, picks the best one there is and logs which, and why. */
export async function ensureEngine(log: (line: string) => void = console.info): Promise<Engine> {
  if (inUse) return inUse;
  // Of several calls at once, the first chooses and logs.
  choosing ??= chooseAndLog(log).finally(() => {
    choosing = null;
  });
  return choosing;
}

let choosing: Promise<Engine> | null = null;

async function chooseAndLog(log: (line: string) => void): Promise<Engine> {
  const engine = await useEngine("auto");
  log(formatEngine(engine));
  return engine;
}

/** "engine: cpu (as asked for; …)" */
export function formatEngine({ name, reason }: Engine): string {
  return `engine: ${name} (${reason})`;
}

/**
 * Why an engine cannot run here, in one line, or `null` when it can.
 *
 * @throws InputError for anything but what it takes, and for a further argument
 * @example
 * ```ts
 * const reason = await whyNot("webgpu");
 * console.log(reason ?? "WebGPU can compute here");
 * ```
 */
export async function whyNot(name: EngineName): Promise<string | null>;
export async function whyNot(name: EngineName, ...more: unknown[]): Promise<string | null> {
  noOptions("whyNot", more);
  checkOneOf("engine", name, ENGINES);
  const failure = failures.get(name);
  if (failure !== undefined) return failure;
  const reason = await load(name).then(() => null, reasonOf);
  failures.set(name, reason);
  return reason;
}

const failures = new Map<EngineName, string | null>();

/** `reasons` are those known before it runs. */
async function use(name: EngineName, reasons: string[]): Promise<Engine> {
  if (tf.getBackend() !== name && !(await tf.setBackend(name)))
    throw new FrostError(`engine ${name} is installed but would not start`);
  await tf.ready();
  if (name === "webgpu") throwWhenRead(tf.backend() as unknown as WebgpuBackend);
  loadTfjsGradients();
  // Silences the plain JavaScript engine's banner and tfjs's debug checks.
  tf.enableProdMode();
  watchBytes();
  const { versions = {}, where } = await details(name);
  inUse = {
    name,
    reason: (where ? [...reasons, where] : reasons).join("; "),
    versions: { tfjs: tf.version_core, ...versions },
  };
  return inUse;
}

/** What an engine that runs has chosen for itself: versions for the record, and a line for people. */
async function details(name: EngineName): Promise<{ versions?: Record<string, string>; where?: string }> {
  if (name === "tensorflow") {
    const tensorflow = tensorflowVersion();
    return { versions: tensorflow ? { tensorflow } : {}, where: await whereItComputes() };
  }
  if (name === "onnxruntime") {
    const cores = formatMany(availableParallelism(), "core");
    return {
      versions: { onnxruntime: onnxruntimeVersion() },
      where: `ONNX Runtime ${onnxruntimeVersion()} computes on ${cores}`,
    };
  }
  if (name === "cpu") return { where: "plain JavaScript computes on 1 core, far slower than the others" };
  return {};
}

async function load(name: EngineName): Promise<void> {
  if (name === "webgpu") await loadWebgpu();
  if (name === "onnxruntime") await loadOnnxruntime();
  if (name === "cpu") require("@tensorflow/tfjs-backend-cpu");
  if (name === "tensorflow") {
    loadTensorflow();
    if (runsFunctions()) await loadFunctions();
  }
}

/** Whether TensorFlow is to run steps as functions: on a GPU where that is asked for, and by default where a CPU stands for one. */
function runsFunctions(): boolean {
  const { FROSTKIT_FUNCTIONS } = process.env;
  return asGpu() ? FROSTKIT_FUNCTIONS !== "0" : FROSTKIT_FUNCTIONS === "1" && computesOnGpu();
}

/** "TensorFlow 2.21.0 computes on GPU Tesla T4" */
async function whereItComputes(): Promise<string> {
  const version = tensorflowVersion() ?? "";
  const without = addonStale()
    ? `, without the kit's kernels, which another version of it compiled: ${ownCommand()} native compiles them anew`
    : "";
  const functions = recording() ? ", a step as functions" : "";
  const where = `TensorFlow ${version} computes on ${await describeDevice()}${asGpu() ? ", as on a GPU" : ""}${functions}${without}`;
  const idle = !computesOnGpu() && (await nvidiaGpus()).at(-1);
  return idle ? `${where}, not on GPU ${idle.name}: frostkit doctor says why` : where;
}
