import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where tfjs-node-gpu keeps its binding, and what frostkit puts beside it. */
export interface BindingFiles {
  /** The folder of the package tfjs-node-gpu. */
  package: string;
  /** The package's version. */
  version: string;
  /** The folder of the four files below. */
  folder: string;
  /** The binding: a shared library that Node loads and that loads TensorFlow. */
  binding: string;
  /** The addon that holds stderr back while TensorFlow loads. */
  capture: string;
  /** The addon that adds frostkit's own kernels to TensorFlow's. */
  kernels: string;
  /** What the binding was built for, as JSON. */
  stamp: string;
}

/** Node-API's version: the highest that tfjs-node-gpu 4.22 names, and one that every Node since 12.22 speaks. */
export const NODE_API = 8;

/** The files of the binding; `packageFolder` is the installed tfjs-node-gpu where left out. */
export function bindingFiles(
  packageFolder = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json")),
): BindingFiles {
  const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
  const folder = join(packageFolder, "lib", `napi-v${NODE_API}`);
  return {
    package: packageFolder,
    version,
    folder,
    binding: join(folder, "tfjs_binding.node"),
    capture: join(folder, "frostkit_capture.node"),
    kernels: join(folder, "frostkit_kernels.node"),
    stamp: join(folder, "frostkit.json"),
  };
}
