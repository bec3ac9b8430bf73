// probeEngines.ts NAME …: prints which of these engines run here, as JSON, for enginesHere.ts.

import { tensorflowDevices } from "../src/engine/native/tensorflowDevices";
import { type EngineName, useEngine, whyNot } from "../src/engine/useEngine";
import type { Engines } from "./enginesHere";

/** What of a browser's globals loading WebGPU leaves. */
interface Browser {
  navigator: { gpu: { requestAdapter(): Promise<{ info: { device: string; description: string } }> } };
}

async function probe(name: EngineName): Promise<Engines[EngineName]> {
  const why = await whyNot(name);
  return { why, what: why === null ? await describe(name) : null };
}

async function describe(name: EngineName): Promise<string | null> {
  if (name === "webgpu") {
    const { gpu } = (globalThis as unknown as Browser).navigator;
    const { device, description } = (await gpu.requestAdapter()).info;
    return device || description;
  }
  if (name === "cpu") return null;
  const { versions } = await useEngine(name);
  if (name === "onnxruntime") return versions.onnxruntime;
  const used = (await tensorflowDevices()).find(({ inUse }) => inUse)!;
  return `${versions.tensorflow}, ${used.type} ${used.name}`;
}

async function main(names: string[]): Promise<void> {
  const engines: Partial<Engines> = {};
  for (const name of names as EngineName[]) engines[name] = await probe(name);
  console.log(`engines: ${JSON.stringify(engines)}`);
  // Dawn keeps the process alive.
  process.exit();
}

void main(process.argv.slice(2));
