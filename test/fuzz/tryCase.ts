import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "./fault";
import type { Files, Target } from "./Target";

/** Reads a case from a folder that holds it alone. Throws where what comes is neither read nor refused in one line. */
export async function tryCase(target: Target, files: Files, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  try {
    await target.read(folder);
  } catch (error) {
    const wrong = fault(error, target.namesNoFile ? null : folder);
    if (wrong !== null) throw new Error(wrong);
  }
}
