import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Compiler, compile } from "./compiler";

const SOURCE = join(__dirname, "functions.cc");

/** SHA-256 of the source that the addon of functions is compiled from, and which it carries. */
export const hashFunctions = (): string => createHash("sha256").update(readFileSync(SOURCE)).digest("hex");

/** Whether an addon of functions is there, and was compiled from this version's source. */
export const isOfThisVersion = (addon: string): boolean =>
  existsSync(addon) && readFileSync(addon).includes(hashFunctions());

/** Compiles functions.cc, by which whole steps become one call, into an addon in `folder`. Returns its path. */
export async function compileFunctions(
  compiler: Compiler,
  include: string,
  linking: string[],
  folder: string,
): Promise<string> {
  const addon = join(folder, "functions.node");
  const sources = `-DFROSTKIT_SOURCES="${hashFunctions()}"`;
  await compile(
    compiler,
    ["-shared", "-O2", "-fexceptions", sources, SOURCE, "-I", include, ...linking],
    addon,
  );
  return addon;
}
