// Compiles the kernels of this folder to wasm. The compiler asks for files named .ts; ours are named .as, to be told from
// TypeScript by people and tools: the two share a syntax, not types.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const options = [
  ...["src/engine/kernels/index.ts", "--baseDir", root],
  // The memory is the wasm backend's, which owns every byte of it: no allocator, no data of our own.
  ...["--runtime", "stub", "--importMemory", "--noExportMemory", "--enable", "simd"],
  // 112 warns of vectors that are passed between files, as if it were to the host.
  ...["-O3", "--noAssert", "--disableWarning", "112"],
];

function readFile(name, folder) {
  try {
    return readFileSync(join(folder, name.replace(/\.ts$/, ".as")), "utf8");
  } catch {
    return null;
  }
}

/** Writes them to `file`. */
export async function buildKernels(file) {
  const { error, stderr } = await asc.main([...options, "--outFile", relative(root, file)], { readFile });
  const said = stderr.toString() || error?.message;
  if (said) console.error(said.replace(/(kernels\/\w+)\.ts/g, "$1.as"));
  if (error) throw new Error("the AssemblyScript compiler found the errors above");
}
