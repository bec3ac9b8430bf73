import { loaded } from "./kernel";
import { patchClass } from "./patchClass";
import { spelledOut } from "./spelledOut";
import { stopRuns } from "./stopRuns";
import type { Executor, TypeScript } from "./tslab";

/** What runs a kernel's cells. */
interface Handler {
  executor: Executor;
  handleExecute(request: { code: string }, ...rest: unknown[]): Promise<unknown>;
}

/**
 * In a kernel that tslab itself started, not the kit (see startKernel.ts): lets cells say `{ train }` of a variable from an earlier
 * cell, and lets the stop button end the kit's runs. Holds from the next cell on.
 */
export function patchCells(): void {
  const [ts] = loaded<TypeScript>("@tslab/typescript-for-tslab/lib/typescript.js");
  patchClass<Handler>("tslab/dist/jupyter.js", "JupyterHandlerImpl", "patchCells", (prototype) => {
    const { handleExecute } = prototype;
    prototype.handleExecute = function (request, ...rest) {
      stopRuns(this.executor);
      return handleExecute.call(this, { ...request, code: spelledOut(request.code, ts).code }, ...rest);
    };
  });
}
