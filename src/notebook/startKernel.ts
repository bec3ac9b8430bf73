// node startKernel.js CONNECTION_FILE: a tslab kernel for Jupyter or `%%ts`, patched before its first cell runs.

import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { cellCompiler } from "./cellCompiler";
import { cellExecutor } from "./cellExecutor";
import { isPatched } from "./isPatched";
import { keepMessages } from "./keepMessages";
import { showBusy } from "./showBusy";
import { type ShutdownHandler, stopWithKernel } from "./stopWithKernel";
import type { CreateExecutor } from "./tslab";

// A thread of its own, since a cell that loops would keep the kernel from ever noticing.
const endWithParent = `
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  // Runs that keep a state write it first.
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), 10_000);
}, 500);`;

function main(configPath: string): void {
  new Worker(endWithParent, { eval: true }).unref();
  // zeromq and the compiler as tslab finds them.
  const ofTslab = createRequire(require.resolve("tslab/dist/main.js"));
  ofTslab("@tslab/typescript-for-tslab");
  const compiler = cellCompiler();
  const executor = ofTslab("./executor.js") as { createExecutor: CreateExecutor };
  const { getCodeMetadata } = ofTslab("./metadata.js");
  executor.createExecutor = cellExecutor(executor.createExecutor, compiler, getCodeMetadata);
  const { startKernel } = require("tslab/dist/main.js") as { startKernel(options: object): void };
  const { JupyterHandlerImpl } = ofTslab("./jupyter.js") as {
    JupyterHandlerImpl: { prototype: ShutdownHandler };
  };
  // The executor above does what patchCells would do when a cell imports the kit.
  isPatched(JupyterHandlerImpl.prototype, "patchCells");
  stopWithKernel(JupyterHandlerImpl.prototype);
  ofTslab("zeromq");
  keepMessages();
  showBusy();
  startKernel({ configPath, enableFindLocal: false });
}

main(process.argv[2]);
