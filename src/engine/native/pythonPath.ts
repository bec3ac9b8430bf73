import { isAbsolute } from "node:path";
import { runPython } from "./runPython";

/** Where the active Python looks for packages; nothing where there is no Python. */
export async function pythonPath(): Promise<string[]> {
  const code = "import json, sys; print(json.dumps(sys.path))";
  const outcome = await runPython(["-c", code], { timeout: 20_000 });
  if (outcome.code !== 0) return [];
  // The first entry is the current folder's, which is no place for packages.
  return (JSON.parse(outcome.stdout) as string[]).filter(isAbsolute);
}
