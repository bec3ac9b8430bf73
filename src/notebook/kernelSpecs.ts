import { existsSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** The name under which Jupyter knows the kit's kernel; the notebooks' metadata say it as well. */
export const KERNEL = "frostkit";

/** The name that earlier versions of the kit took, which is that of tslab's own kernel. */
const FORMER = "tslab";

export const specFile = (dataFolder: string, kernel: string = KERNEL): string =>
  join(dataFolder, "kernels", kernel, "kernel.json");

/** Whether a kernel.json was written by frostkit, this version or an earlier one. */
export function isOurs(file: string): boolean {
  const { argv, metadata } = read(file);
  return (
    metadata?.frostkit !== undefined || argv.some((word) => /[\\/]notebook[\\/]startKernel\.js$/.test(word))
  );
}

/** The kit's kernel as Jupyter finds it, in the first of its folders that has one; null where none does. */
export function findKernel(dataFolders: readonly string[]): { file: string; fault: string | null } | null {
  const file = dataFolders.map((folder) => specFile(folder)).find((file) => existsSync(file));
  if (file === undefined) return null;
  if (!isOurs(file)) return { file, fault: "was not written by frostkit" };
  const gone = read(file).argv.find((word) => word.startsWith("/") && !existsSync(word));
  return { file, fault: gone === undefined ? null : `names ${gone}, which is gone` };
}

/** Takes away what frostkit registered, this version or an earlier one, and gives the files. What others wrote stays. */
export function removeKernels(dataFolders: readonly string[]): string[] {
  return remove(dataFolders.flatMap((folder) => [specFile(folder), specFile(folder, FORMER)]));
}

/** Takes away what earlier versions registered under tslab's name, and gives the files. */
export function removeFormer(dataFolders: readonly string[]): string[] {
  return remove(dataFolders.map((folder) => specFile(folder, FORMER)));
}

/** Of files, removes those that frostkit wrote and that may be removed here; gives them. */
function remove(files: string[]): string[] {
  return files.filter((file) => {
    if (!existsSync(file) || !isOurs(file)) return false;
    try {
      rmSync(file);
    } catch {
      return false;
    }
    try {
      rmdirSync(dirname(file));
    } catch {} // it holds something else
    return true;
  });
}

function read(file: string): { argv: string[]; metadata?: { frostkit?: string } } {
  try {
    const { argv, metadata } = JSON.parse(readFileSync(file, "utf8"));
    return { argv: Array.isArray(argv) ? argv.map(String) : [], metadata };
  } catch {
    return { argv: [] };
  }
}
