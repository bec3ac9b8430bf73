import { dirname } from "node:path";
import { FrostError } from "../../errors";
import { runCommand } from "../../packages/runCommand";
import { NODE_API } from "./bindingFiles";
import { explainBuildError } from "./explainBuildError";

/** A C++ compiler: the command and what goes before its arguments. CXX may be "ccache g++". */
export type Compiler = string[];

/** CXX, else g++, c++ or clang++. */
export async function findCompiler(): Promise<Compiler> {
  const named = process.env.CXX?.split(/\s+/).filter(Boolean) ?? [];
  if (named.length > 0) return named;
  for (const compiler of ["g++", "c++", "clang++"])
    if ((await runCommand(compiler, ["--version"])).code === 0) return [compiler];
  throw new FrostError(
    explainBuildError("g++", { missing: true, code: null, signal: null, stdout: "", stderr: "" }),
  );
}

/** Compiles code for a shared library that Node loads; throws in one line what is wrong. */
export async function compile([compiler, ...first]: Compiler, args: string[], output: string): Promise<void> {
  const headers = (require("node-api-headers") as { include_dir: string }).include_dir;
  const flags = [
    ["-fPIC", "-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-w"],
    [`-DNAPI_VERSION=${NODE_API}`, "-DNODE_GYP_MODULE_NAME=frostkit", "-I", headers],
  ].flat();
  const outcome = await runCommand(compiler, [...first, ...flags, ...args, "-o", output], {
    // What the compiler writes on its way stays in node_modules, too.
    env: { ...process.env, TMPDIR: dirname(output) },
  });
  if (outcome.code !== 0) throw new FrostError(explainBuildError(compiler, outcome));
}
