import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Compiler, compile } from "./compiler";
import { signatureHeader } from "./signatureHeader";

/**
 * The instruction sets that the kernels are compiled for, by the names of their namespaces; the addon takes the best that the
 * processor has when it is loaded, so that node_modules may move to another machine.
 */
export const instructionSets: Record<string, string[]> =
  process.arch === "x64"
    ? {
        base: [],
        v3: ["-march=x86-64-v3"],
        v4: ["-march=x86-64-v4"],
        v4bf16: ["-march=x86-64-v4", "-mavx512bf16"],
      }
    : { base: [] };

const SOURCES = join(__dirname, "kernels");

/** SHA-256 of the sources that the kernels are compiled from. */
export function hashKernels(): string {
  const hash = createHash("sha256").update(signatureHeader());
  for (const name of readdirSync(SOURCES).sort()) hash.update(readFileSync(join(SOURCES, name)));
  return hash.digest("hex");
}

/**
 * Compiles the fast kernels (kernels/*.cc) into an addon in `folder` that registers them with the TensorFlow that `linking` names.
 * Needs GCC 11 or clang 12. Returns the addon's path.
 */
export async function compileKernels(
  compiler: Compiler,
  include: string,
  linking: string[],
  folder: string,
): Promise<string> {
  const source = (name: string) => join(SOURCES, name);
  const optimized = ["-c", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"];
  const objects = Object.keys(instructionSets).map((name) => join(folder, `${name}.o`));
  await Promise.all(
    Object.entries(instructionSets).map(([name, flags], i) =>
      compile(compiler, [...optimized, ...flags, `-DFROSTKIT_ISA=${name}`, source("kernels.cc")], objects[i]),
    ),
  );
  const addon = join(folder, "kernels.node");
  writeFileSync(join(folder, "signatures.h"), signatureHeader());
  const rest = ["tensorflowOps.cc", "threads.cc"].map(source);
  const args = [
    "-shared",
    "-O2",
    "-pthread",
    ...rest,
    ...objects,
    "-I",
    folder,
    "-I",
    SOURCES,
    "-I",
    include,
    ...linking,
  ];
  await compile(compiler, args, addon);
  return addon;
}
