import { endWithState } from "../training/endWithState";
import { openRuns } from "../training/openRuns";

/** What answers Jupyter's wish to end or restart the kernel. */
export interface ShutdownHandler {
  handleShutdown(request: object): object;
}

/**
 * Lets runs that keep a state write it when the kernel is shut down or restarted, instead of going on until Jupyter kills the process
 * some seconds later.
 */
export function stopWithKernel(handler: ShutdownHandler): void {
  const { handleShutdown } = handler;
  handler.handleShutdown = function (request) {
    if ([...openRuns().runs].some(({ keeps }) => keeps)) endWithState();
    return handleShutdown.call(this, request);
  };
}
