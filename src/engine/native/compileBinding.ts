import { dirname, join } from "node:path";
import { FrostError } from "../../errors";
import { type BindingFiles, NODE_API } from "./bindingFiles";
import { explainBuildError } from "./explainBuildError";
import { runCommand } from "./runCommand";
import type { Tensorflow } from "./Tensorflow";

/**
 * Compiles tfjs-node-gpu's C++ sources against a TensorFlow, and the addon that holds stderr back, into `folder`. The compiler
 * is CXX, else g++, c++ or clang++. The package's own build, by node-gyp, would need Python, make and Node's headers for a
 * source that includes nothing of Node but its C interface, which the package node-api-headers carries.
 */
export async function compileBinding(
  tensorflow: Tensorflow,
  files: BindingFiles,
  folder: string,
): Promise<{ binding: string; capture: string }> {
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(files.package, "binding", name));
  const binding = join(folder, "binding.node");
  const capture = join(folder, "capture.node");
  // Neither dist nor a copy of it holds the source: it is read where it was written.
  const captureSource = join(__dirname, "../../../src/engine/native/captureStderr.cc");
  const compiler = await findCompiler();
  await compile(compiler, [captureSource], capture);
  await compile(compiler, [...sources, "-I", tensorflow.include, ...linkArguments(tensorflow)], binding);
  return { binding, capture };
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

/** The command and what goes before its arguments: CXX may be "ccache g++". */
async function findCompiler(): Promise<string[]> {
  const named = process.env.CXX?.split(/\s+/).filter(Boolean) ?? [];
  if (named.length > 0) return named;
  for (const compiler of ["g++", "c++", "clang++"])
    if ((await runCommand(compiler, ["--version"])).code === 0) return [compiler];
  throw new FrostError(
    explainBuildError("g++", { missing: true, code: null, signal: null, stdout: "", stderr: "" }),
  );
}

async function compile([compiler, ...first]: string[], args: string[], output: string): Promise<void> {
  const headers = (require("node-api-headers") as { include_dir: string }).include_dir;
  const flags = [
    ["-shared", "-fPIC", "-O2", "-std=c++17", "-fno-exceptions", "-fno-rtti", "-w"],
    [`-DNAPI_VERSION=${NODE_API}`, "-DNODE_GYP_MODULE_NAME=frostkit", "-I", headers],
  ].flat();
  const outcome = await runCommand(compiler, [...first, ...flags, ...args, "-o", output], {
    // What the compiler writes on its way stays in node_modules, too.
    env: { ...process.env, TMPDIR: dirname(output) },
  });
  if (outcome.code !== 0) throw new FrostError(explainBuildError(compiler, outcome));
}
