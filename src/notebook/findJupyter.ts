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

/** The Jupyter on the PATH, else the active Python's. Throws a FrostError that says how to get one. */
export async function findJupyter(): Promise<Jupyter> {
  for (const command of [["jupyter"], ["python3", "-m", "jupyter"], ["python", "-m", "jupyter"]]) {
    const ask = (...args: string[]) =>
      runCommand(command[0], [...command.slice(1), ...args], { timeout: 60_000 });
    const { code, stdout } = await ask("--paths", "--json");
    if (code !== 0) continue;
    const { data } = JSON.parse(stdout) as { data: string[] };
    for (const front of ["lab", "notebook"] as const)
      if ((await ask(front, "--version")).code === 0) return { command, dataFolders: data, front };
    return { command, dataFolders: data, front: null };
  }
  throw new FrostError(
    "expected a Jupyter on the PATH or in the active Python, found none; get one by: python3 -m pip install jupyterlab",
  );
}
