import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { bindingFiles } from "./native/bindingFiles";
import { addonLoaded } from "./native/loadTensorflow";
import { tensorflowDevices } from "./native/tensorflowDevices";
import { ensureEngine } from "./useEngine";

/**
 * SHA-256 over what decides the last bits of a result besides the kit's own code: the engine and its versions, the device, how many
 * threads share a sum, and the settings that choose among kernels.
 */
export async function engineHash(): Promise<string> {
  const { name, versions } = await ensureEngine();
  const key = JSON.stringify([name, versions]);
  let hash = known.get(key);
  if (!hash) {
    hash = compute();
    known.set(key, hash);
  }
  return hash;
}

const known = new Map<string, Promise<string>>();

/** Read by TensorFlow (but for what it logs), oneDNN, OpenMP, MKL, CUDA and the Vulkan loader. */
const SETTINGS = /^(TF(?!_CPP)|ONEDNN|DNNL|OMP|KMP|MKL|NVIDIA|CUDA|CUDNN|CUBLAS|XLA|VK)_/;

async function compute(): Promise<string> {
  const { name, versions } = await ensureEngine();
  const devices = name === "tensorflow" ? await tensorflowDevices() : [];
  const facts = [
    name,
    versions,
    process.arch,
    // V8 computes on engine cpu.
    process.versions.v8,
    cpus().map(({ model }) => model),
    availableParallelism(),
    devices.map(({ type, name, inUse }) => [type, name, inUse]),
    // Of WebGPU.
    (tf.backend() as { adapterInfo?: unknown }).adapterInfo ?? null,
    Object.entries(process.env)
      .filter(([setting]) => SETTINGS.test(setting))
      .sort(),
  ];
  const hash = createHash("sha256").update(JSON.stringify(facts));
  if (name === "tensorflow" && addonLoaded()) hash.update(readFileSync(bindingFiles().kernels));
  return hash.digest("hex");
}
