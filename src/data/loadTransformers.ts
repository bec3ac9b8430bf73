import { createRequire } from "node:module";
import { join } from "node:path";
import { explainOnnxRuntime } from "../packages/explainOnnxRuntime";
import { fetchPackage } from "../packages/fetchPackage";
import { installedFolder } from "../packages/packageFolder";
import "../packages/noTelemetry";

const name = "@huggingface/transformers";

/** Transformers.js, fetched where npm left it out. @throws FrostError where it cannot be fetched, or does not load on this machine */
export async function loadTransformers(): Promise<typeof import("@huggingface/transformers")> {
  const installed = installedFolder(name) !== null;
  const folder = await fetchPackage(name, console.info);
  try {
    if (installed) return await import("@huggingface/transformers");
    // From inside its folder a package finds itself by its name.
    return createRequire(join(folder, "package.json"))(name);
  } catch (error) {
    // It loads ONNX Runtime, also where only its tokenizers are asked for.
    throw explainOnnxRuntime(error);
  }
}
