import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { Command } from "commander";
import { FrostError } from "../../errors";
import { findJupyter, noFront } from "../../notebook/findJupyter";
import { findKernel, removeFormer, removeKernels } from "../../notebook/kernelSpecs";
import { registerKernel } from "../../notebook/registerKernel";
import { Watchman } from "../../packages/Watchman";
import { print } from "../print";

const set = join(__dirname, "..", "..", "..", "notebooks");

export function notebookCommand(): Command {
  return new Command("notebook")
    .summary("open the notebooks in Jupyter, its TypeScript kernel registered")
    .description(
      "Registers the kernel TypeScript (frostkit) for the Jupyter on the PATH, or else the active Python's, and opens the notebooks " +
        "in it. Other kernels stay as they are. Where frostkit is installed as a package, the notebooks are copied to ./notebooks " +
        "first; what is there stays.",
    )
    .option("--no-open", "register the kernel only")
    .option("--remove", "take the kernel away again, and nothing else")
    .addHelpText(
      "after",
      "\nExamples:\n  frostkit notebook\n  frostkit notebook --no-open\n  frostkit notebook --remove",
    )
    .action(notebook);
}

async function notebook({ open, remove = false }: { open: boolean; remove?: boolean }): Promise<void> {
  const jupyter = await findJupyter();
  const { command, dataFolders, front } = jupyter;
  if (remove) return removeKernel(dataFolders);
  const file = registerKernel(dataFolders);
  print(`kernel TypeScript (frostkit): ${file}`);
  for (const former of removeFormer(dataFolders))
    print(`removed ${former}, which an earlier frostkit had registered`);
  const found = findKernel(dataFolders);
  if (found !== null && found.file !== file)
    throw new FrostError(
      `expected Jupyter to take ${file}, got ${found.file}, which comes before it and cannot be written here; its owner can run frostkit notebook --remove`,
    );
  if (!open) return;
  if (front === null) throw new FrostError(noFront(jupyter));
  const folder = ownFolder();
  print(`notebooks: ${relative(process.cwd(), folder) || "."}`);
  const watchman = new Watchman();
  const server = spawn(command[0], [...command.slice(1), front, folder], { stdio: "inherit" });
  // It ends its kernels then, and goes with this process, which alone knows of it.
  if (server.pid !== undefined) watchman.watch(server.pid, "TERM");
  process.on("SIGTERM", () => server.kill("SIGTERM"));
  // Ctrl-C is Jupyter's: it asks, or ends what it runs.
  process.on("SIGINT", () => {});
  const [code] = await once(server, "close");
  watchman.dismiss();
  process.exitCode = code ?? 0;
}

function removeKernel(dataFolders: readonly string[]): void {
  const removed = removeKernels(dataFolders);
  for (const file of removed) print(`removed ${file}`);
  const left = findKernel(dataFolders);
  if (left?.fault === null)
    throw new FrostError(`${left.file}: expected to be allowed to remove it, was not`);
  if (removed.length === 0) print("nothing to remove: Jupyter has no kernel of frostkit's");
}

/** Where the notebooks may be edited: a package's own files are lost with its next version. */
function ownFolder(): string {
  if (basename(dirname(dirname(set))) !== "node_modules") return set;
  const folder = join(process.cwd(), "notebooks");
  for (const name of readdirSync(set).filter((name) => /\.(ipynb|py)$/.test(name)))
    cpSync(join(set, name), join(folder, name), { force: false });
  return folder;
}
