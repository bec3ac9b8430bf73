import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OPTIONAL_PACKAGES } from "../../packages/optionalPackages";
import { packageFolder } from "../../packages/packageFolder";

const NAME = "@tensorflow/tfjs-node-gpu";

/** Where tfjs-node-gpu keeps its binding, and what frostkit puts beside it. */
export interface BindingFiles {
  /** The folder of the package tfjs-node-gpu. */
  package: string;
  /** The package's version. */
  version: string;
  /** The folder of the five files below. */
  folder: string;
  /** The binding: a shared library that Node loads and that loads TensorFlow. */
  binding: string;
  /** The addon that holds stderr back while TensorFlow loads. */
  capture: string;
  /** The addon that adds frostkit's own kernels to TensorFlow's. */
  kernels: string;
  /** The addon by which graphs become functions of TensorFlow's. */
  functions: string;
  /** What the binding was built for, as JSON. */
  stamp: string;
}

/** Node-API's version: the highest that tfjs-node-gpu 4.22 names, and one that every Node since 12.22 speaks. */
export const NODE_API = 8;

/**
 * The files of the binding, which need not be there, nor the package itself. `tfjsNodeGpu` is the package's folder: the installed
 * one, or that into which `frostkit native` fetches it.
 */
export function bindingFiles(tfjsNodeGpu = packageFolder(NAME)): BindingFiles {
  const manifest = join(tfjsNodeGpu, "package.json");
  const { version } = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, "utf8"))
    : { version: OPTIONAL_PACKAGES[NAME] };
  const folder = join(tfjsNodeGpu, "lib", `napi-v${NODE_API}`);
  return {
    package: tfjsNodeGpu,
    version,
    folder,
    binding: join(folder, "tfjs_binding.node"),
    capture: join(folder, "frostkit_capture.node"),
    kernels: join(folder, "frostkit_kernels.node"),
    functions: join(folder, "frostkit_functions.node"),
    stamp: join(folder, "frostkit.json"),
  };
}
