// node startKernel.js CONNECTION_FILE: a tslab kernel for Jupyter or `%%ts`, mended before its first cell runs.

import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { keepMessages } from "./keepMessages";
import { spellOutObjects } from "./spellOutObjects";

// A thread of its own, since a cell that loops would keep the kernel from ever noticing.
const endWithParent = `
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGKILL"), 500);`;

function main(configPath: string): void {
  new Worker(endWithParent, { eval: true }).unref();
  const { startKernel } = require("tslab/dist/main.js") as { startKernel(options: object): void };
  // zeromq as tslab finds it, which loads it late.
  createRequire(require.resolve("tslab/dist/main.js"))("zeromq");
  keepMessages();
  spellOutObjects();
  startKernel({ configPath, enableFindLocal: false });
}

main(process.argv[2]);
