import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { Command } from "commander";
import { FrostError } from "../../errors";
import { findJupyter } from "../../notebook/findJupyter";
import { registerKernel } from "../../notebook/registerKernel";

const set = join(__dirname, "..", "..", "..", "notebooks");

export function notebookCommand(): Command {
  return new Command("notebook")
    .summary("open the notebooks in Jupyter, its TypeScript kernel registered")
    .description(
      "Registers the TypeScript kernel for the Jupyter on the PATH, or else the active Python's, and opens the notebooks in it. " +
        "Where frostkit is installed as a package, they are copied to ./notebooks first; what is there stays.",
    )
    .option("--no-open", "register the kernel only")
    .addHelpText("after", "\nExamples:\n  frostkit notebook\n  frostkit notebook --no-open")
    .action(notebook);
}

async function notebook({ open }: { open: boolean }): Promise<void> {
  const { command, dataFolders, front } = await findJupyter();
  console.log(`TypeScript kernel: ${registerKernel(dataFolders)}`);
  if (!open) return;
  if (front === null)
    throw new FrostError(
      `expected JupyterLab or Notebook beside ${command.join(" ")}, found neither; get one by: python3 -m pip install jupyterlab`,
    );
  const folder = ownFolder();
  console.log(`notebooks: ${relative(process.cwd(), folder) || "."}`);
  const jupyter = spawn(command[0], [...command.slice(1), front, folder], { stdio: "inherit" });
  // Ctrl-C is Jupyter's: it asks, or ends what it runs.
  process.on("SIGINT", () => {});
  const [code] = await once(jupyter, "close");
  process.exitCode = code ?? 0;
}

/** Where the notebooks may be edited: a package's own files are lost with its next version. */
function ownFolder(): string {
  if (basename(dirname(dirname(set))) !== "node_modules") return set;
  const folder = join(process.cwd(), "notebooks");
  for (const name of readdirSync(set).filter((name) => /\.(ipynb|py)$/.test(name)))
    cpSync(join(set, name), join(folder, name), { force: false });
  return folder;
}
