import { FrostError } from "../errors";
import { note } from "./note";

/** Ctrl-C stopped the command; the message says what was saved before, and how to go on. */
export class Interrupted extends FrostError {
  override name = "Interrupted";
}

/** What a shell reports of a program that SIGINT ended: 128 + 2. */
export const INTERRUPTED = 130;

/**
 * A signal that the first Ctrl-C aborts, so that work stops at its next step and what is finished is kept. The second Ctrl-C
 * ends the process at once. To be asked for once, when the work begins.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    note("\nstopping at the next step; Ctrl-C again ends at once");
    controller.abort(new Interrupted("stopped before anything was finished"));
  });
  return controller.signal;
}
