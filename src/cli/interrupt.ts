import { FrostError } from "../errors";
import { note } from "./note";

/** What a shell reports of a program that a signal ended, 128 and the signal's number; 124 is what `timeout` says. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, time: 124 } as const;

/** Why a command was stopped. */
type Cause = keyof typeof EXIT_CODES;

let cause: Cause = "SIGINT";

/** Ctrl-C, SIGTERM or `--max-minutes` stopped the command; the message says what was saved before, and how to go on. */
export class Interrupted extends FrostError {
  override name = "Interrupted";
  readonly exitCode: number = EXIT_CODES[cause];
}

const SAYS: Record<Cause, string> = {
  SIGINT: "\nstopping at the next step; Ctrl-C again ends at once",
  SIGTERM: "\nstopping at the next step, since the system asks for it (SIGTERM)",
  time: "\nstopping at the next step: --max-minutes is over",
};

/**
 * A signal that the first Ctrl-C or SIGTERM aborts, or the command's having run for so many minutes, so that work stops at its next step
 * and what is finished is kept. The second Ctrl-C or SIGTERM ends the process at once. To be asked for when the work begins; commands
 * that run one after the other in a process share it.
 */
export function interruptSignal(maxMinutes?: number): AbortSignal {
  given ??= listen(maxMinutes);
  return given;
}

let given: AbortSignal | undefined;

function listen(maxMinutes: number | undefined): AbortSignal {
  const controller = new AbortController();
  const stop = (why: Cause) => {
    if (controller.signal.aborted) {
      if (why === "time") return;
      process.exit(EXIT_CODES[why]);
    }
    cause = why;
    note(SAYS[why]);
    controller.abort(new Interrupted("stopped before anything was finished"));
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop(name));
  // Counted from the process's start, since that is what a machine's owner counts.
  if (maxMinutes !== undefined)
    setTimeout(() => stop("time"), Math.max(0, 60_000 * maxMinutes - performance.now())).unref();
  return controller.signal;
}

/**
 * Has the first Ctrl-C or SIGTERM end the process at once, by way of its exit: for work that is done anew rather than continued, whose
 * temporary folders and processes go with it.
 */
export function endBySignals(): void {
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => {
      note("\nstopped; nothing of it is kept");
      process.exit(EXIT_CODES[name]);
    });
}
