import { createRequire } from "node:module";
import { join } from "node:path";
import { fetchPackage } from "../packages/fetchPackage";
import { installedFolder } from "../packages/packageFolder";
import "../packages/noTelemetry";

const name = "@huggingface/transformers";

/** Transformers.js, fetched where npm left it out. @throws FrostError where it cannot be fetched. */
export async function loadTransformers(): Promise<typeof import("@huggingface/transformers")> {
  if (installedFolder(name)) return import("@huggingface/transformers");
  const folder = await fetchPackage(name, console.info);
  // From inside its folder a package finds itself by its name.
  return createRequire(join(folder, "package.json"))(name);
}
