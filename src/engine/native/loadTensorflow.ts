import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../../errors";
import { ownCommand } from "../../packages/ownCommand";
import type { TensorflowBackend } from "../TensorflowBackend";
import { type BindingFiles, bindingFiles } from "./bindingFiles";
import { hashKernels } from "./compileKernels";
import { explainLoadError } from "./explainLoadError";
import { restoreNodeUtil } from "./restoreNodeUtil";
import { readStamp } from "./stamp";
import { withoutNoise } from "./withoutNoise";

/**
 * Loads TensorFlow and registers it with tfjs as the backend `tensorflow`. Unless the environment says otherwise, TensorFlow's
 * log lines below errors stay silent and it takes a GPU's memory as it needs it, not all of it at once; FROSTKIT_DEBUG=1 shows
 * all it logs. Throws in one line what is wrong, and what to do, where the binding is missing or does not load.
 */
export function loadTensorflow(files: BindingFiles = bindingFiles()): void {
  if (!existsSync(files.binding))
    throw new FrostError(
      `tfjs-node-gpu's native binding is not built; ${ownCommand()} native builds it where a TensorFlow is installed, native --pip fetches one`,
    );
  const { env } = process;
  env.TF_CPP_MIN_LOG_LEVEL ??= env.FROSTKIT_DEBUG ? "0" : "2";
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  restoreNodeUtil();
  const load = () => require(files.binding);
  try {
    if (Number(env.TF_CPP_MIN_LOG_LEVEL) >= 2) withoutNoise(files.capture, load);
    else load();
  } catch (error) {
    throw new FrostError(explainLoadError((error as Error).message), { cause: error });
  }
  shareTfjs(files.package);
  require(files.package);
  version = require(files.binding).TF_Version ?? null;
  const backend = tf.findBackend("tensorflow") as unknown as TensorflowBackend;
  gpu = backend.isUsingGpuDevice;
  if (asGpu()) backend.isUsingGpuDevice = true;
  // A binding of the package's own comes without it.
  if (!existsSync(files.kernels)) return;
  // Ops are called by names and in an order that another version of the kit may have otherwise.
  stale = readStamp(files)?.kernels !== hashKernels();
  if (stale) return;
  require(files.kernels);
  loaded = true;
}

/** A tfjs-node-gpu outside the kit's packages has a tfjs of its own beside it: it gets the kit's, so that a process has one. */
function shareTfjs(folder: string): void {
  for (const name of ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"]) {
    const ours = require.resolve(name);
    const theirs = require.resolve(name, { paths: [folder] });
    if (ours === theirs) continue;
    require(ours);
    require.cache[theirs] = require.cache[ours];
  }
}

let version: string | null = null;
let gpu = false;

/** What TensorFlow's library calls its version; null where it does not say. */
export const tensorflowVersion = (): string | null => version;

/** Whether TensorFlow computes on a GPU. */
export const computesOnGpu = (): boolean => gpu;

/** Whether it is to compute on a CPU as it would on a GPU, for work on the kit without one. */
export const asGpu = (): boolean => process.env.FROSTKIT_AS_GPU === "1";

let loaded = false;
let stale = false;

/** Whether frostkit's own kernels were loaded with TensorFlow. */
export const addonLoaded = (): boolean => loaded;

/** Whether they were left out, since they were compiled of other sources than this version's. */
export const addonStale = (): boolean => stale;
