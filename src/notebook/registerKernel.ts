import { existsSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { FrostError } from "../errors";
import { replaceFile } from "../files/replaceFile";
import { version } from "../version";
import { isOurs, specFile } from "./kernelSpecs";

/**
 * Registers the TypeScript kernel, as `frostkit`, in the first of Jupyter's folders that can be written, and gives the file. Traces
 * lead into the TypeScript sources, and the heap may take half of the machine's memory: Node's own limit is 4 GB on most.
 */
export function registerKernel(dataFolders: readonly string[]): string {
  const text = `${JSON.stringify(kernelSpec(), null, 2)}\n`;
  for (const folder of dataFolders) {
    const file = specFile(folder);
    if (existsSync(file) && !isOurs(file))
      throw new FrostError(
        `${file}: expected none, or one that frostkit wrote, got another's; move it away or name a folder by JUPYTER_DATA_DIR`,
      );
    try {
      replaceFile(file, text);
      return file;
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
    display_name: "TypeScript (frostkit)",
    language: "typescript",
    interrupt_mode: "signal",
    metadata: { frostkit: version },
  };
}
