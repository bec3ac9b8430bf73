import { dirname, join } from "node:path";
import type { BindingFiles } from "./bindingFiles";
import { compileFunctions } from "./compileFunctions";
import { compileKernels } from "./compileKernels";
import { compile, findCompiler } from "./compiler";
import type { Tensorflow } from "./Tensorflow";

/**
 * Compiles tfjs-node-gpu's C++ sources against a TensorFlow, the kernels that are added to it, and the addons that make functions and
 * that hold stderr back into `folder`. The compiler is CXX, else g++, c++ or clang++. The package's own build, by node-gyp, would need Python, make and
 * Node's headers for a source that includes nothing of Node but its C interface, which the package node-api-headers carries.
 */
export async function compileBinding(
  tensorflow: Tensorflow,
  files: BindingFiles,
  folder: string,
): Promise<{ binding: string; capture: string; functions: string; kernels: string }> {
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(files.package, "binding", name));
  const binding = join(folder, "binding.node");
  const capture = join(folder, "capture.node");
  const captureSource = join(__dirname, "captureStderr.cc");
  const compiler = await findCompiler();
  const linking = linkArguments(tensorflow);
  await compile(compiler, ["-shared", "-O2", captureSource], capture);
  await compile(compiler, ["-shared", "-O2", ...sources, "-I", tensorflow.include, ...linking], binding);
  const functions = await compileFunctions(compiler, tensorflow.include, linking, folder);
  const kernels = await compileKernels(compiler, tensorflow.include, linking, folder);
  return { binding, capture, functions, kernels };
}

/**
 * How to link to a TensorFlow. Wheels carry CUDA in folders that no loader searches, and TensorFlow opens its libraries by
 * name while it runs: so they are made needs of the binding, found by its own search path. What is loaded already is found by
 * name from everywhere. As a runpath the search path comes after LD_LIBRARY_PATH and before the system's folders.
 */
export function linkArguments({ libraries, cudaLibraries }: Tensorflow): string[] {
  const folders = new Set([...libraries, ...cudaLibraries].map((library) => dirname(library)));
  return [
    "-Wl,--no-as-needed",
    ...libraries,
    ...cudaLibraries,
    "-Wl,--enable-new-dtags",
    ...[...folders].flatMap((folder) => ["-Xlinker", "-rpath", "-Xlinker", folder]),
  ];
}
