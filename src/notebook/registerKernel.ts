import { mkdirSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { FrostError } from "../errors";

/**
 * Registers the TypeScript kernel, as `tslab`, in the first of Jupyter's folders that can be written, and gives the file. Traces
 * lead into the TypeScript sources, and the heap may take half of the machine's memory: Node's own limit is 4 GB on most.
 */
export function registerKernel(dataFolders: string[]): string {
  const text = `${JSON.stringify(kernelSpec(), null, 2)}\n`;
  for (const folder of dataFolders) {
    const path = join(folder, "kernels", "tslab", "kernel.json");
    try {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, text);
      return path;
    } catch {}
  }
  throw new FrostError(
    `expected one of Jupyter's folders to be writable, got none of ${dataFolders.join(", ")}; JUPYTER_DATA_DIR names another`,
  );
}

function kernelSpec() {
  const megabytes = Math.max(2048, Math.round(totalmem() / 2 ** 21));
  return {
    argv: [
      process.execPath,
      "--enable-source-maps",
      `--max-old-space-size=${megabytes}`,
      join(__dirname, "startKernel.js"),
      "{connection_file}",
    ],
    display_name: "TypeScript",
    language: "typescript",
    interrupt_mode: "signal",
  };
}
