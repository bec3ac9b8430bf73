import { join } from "node:path";
import { FrostError } from "../errors";
import { runCommand } from "../packages/runCommand";

/** A Jupyter that answers. */
export interface Jupyter {
  /** Its command: `jupyter`, or the active Python's module. */
  command: string[];
  /** Where it looks for kernels, first things first: the folders above `kernels`. */
  dataFolders: string[];
  /** What shows notebooks in it, or null where nothing does. */
  front: "lab" | "notebook" | null;
}

/**
 * The Jupyter on the PATH, else that of the active virtual or conda environment, else that of the PATH's Python. Throws a FrostError
 * that says how to get one.
 */
export async function findJupyter(): Promise<Jupyter> {
  let python = false;
  for (const command of commands()) {
    const ask = (...args: string[]) =>
      runCommand(command[0], [...command.slice(1), ...args], { timeout: 60_000 });
    const { code, stdout, missing } = await ask("--paths", "--json");
    if (command.length > 1 && !missing) python = true;
    const dataFolders = code === 0 ? parsePaths(stdout) : null;
    if (dataFolders === null) continue;
    for (const front of ["lab", "notebook"] as const)
      if ((await ask(front, "--version")).code === 0) return { command, dataFolders, front };
    return { command, dataFolders, front: null };
  }
  throw new FrostError(
    python
      ? "expected a Jupyter on the PATH or in the active Python, found none; get one by: python3 -m pip install jupyterlab"
      : "expected a Jupyter on the PATH, found none and no Python either; install Python 3, then: python3 -m pip install jupyterlab",
  );
}

/** What to do where a Jupyter has nothing that shows notebooks. */
export const noFront = ({ command }: Jupyter): string =>
  `expected JupyterLab or Notebook beside ${command.join(" ")}, found neither; get one by: python3 -m pip install jupyterlab`;

/** What may start a Jupyter, first things first. */
function commands(): string[][] {
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const active = [VIRTUAL_ENV, CONDA_PREFIX].flatMap((folder) =>
    folder ? join(folder, "bin", "python") : [],
  );
  return [["jupyter"], ...[...active, "python3", "python"].map((python) => [python, "-m", "jupyter"])];
}

/** The folders that `jupyter --paths --json` names, or null where its answer is none. */
function parsePaths(answer: string): string[] | null {
  try {
    const { data } = JSON.parse(answer);
    return Array.isArray(data) ? data : null;
  } catch {
    return null;
  }
}
