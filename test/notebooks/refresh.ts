// node --import tsx test/notebooks/refresh.ts [part of a file name …]: runs the notebooks and keeps what their cells put out.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { textOf } from "../notebook/Kernel";
import { kept, readNotebook, repository, runNotebook, whyNotRun } from "./runNotebook";

async function main() {
  const words = process.argv.slice(2);
  // What an earlier run left on disk would make the seconds of frozen passes those of reading.
  process.env.FROSTKIT_CACHE_GB = "0";
  const folder = join(repository, "notebooks");
  for (const file of readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
    if (words.length > 0 && !words.some((word) => file.includes(word))) continue;
    const notebook = readNotebook(join(folder, file));
    const why = whyNotRun(notebook);
    if (why) throw new Error(`${file}: ${why}`);
    for (const [i, { cell, code, reply }] of (await runNotebook(notebook, { seconds: 3600 })).entries()) {
      if (reply.status !== "ok") throw new Error(`${file}: ${code}\n\n${textOf(reply, "stderr")}`);
      cell.execution_count = i + 1;
      cell.outputs = reply.outputs.map(kept);
    }
    writeFileSync(join(folder, file), `${JSON.stringify(notebook, null, 1)}\n`);
    console.log(`${file}: refreshed`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
