import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Cell, Notebook } from "./runNotebook";

const named = process.env.FROSTKIT_JUPYTER;
/** The Python whose Jupyter is tried. */
export const python = named ?? process.env.FROSTKIT_PYTHON ?? "python3";
const packages = spawnSync(python, ["-c", "import nbclient, ipykernel, IPython"]);

/** Why no notebook can run in a Python kernel, or false; a Python that FROSTKIT_JUPYTER names has to be fit for it. */
export const noJupyter: string | false =
  packages.status !== 0 &&
  named === undefined &&
  `${python} has no nbclient with ipykernel; FROSTKIT_JUPYTER names another interpreter`;

/** Runs all cells of a notebook in a Python kernel that works in `folder`, also those after one that fails. */
export function runInJupyter(
  notebook: Notebook,
  folder: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Notebook> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(__dirname, "inJupyter.py"), folder], {
      env: { ...process.env, PYDEVD_DISABLE_FILE_VALIDATION: "1", FROSTKIT_NODE: process.execPath, ...env },
    });
    const written = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        written[name] += text;
      });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve(JSON.parse(written.stdout))
        : reject(new Error(`${python}: exit code ${code}: ${written.stderr}`)),
    );
    child.stdin.end(JSON.stringify(notebook));
  });
}

/** A Python notebook of cells. */
export function pythonNotebook(cells: string[]): Notebook {
  return {
    metadata: { kernelspec: { name: "python3", language: "python", display_name: "Python 3" } },
    nbformat: 4,
    nbformat_minor: 5,
    cells: cells.map(
      (source, i): Cell => ({
        cell_type: "code",
        id: `cell-${i}`,
        source,
        metadata: {},
        outputs: [],
        execution_count: null,
      }),
    ),
  };
}
