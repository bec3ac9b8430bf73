import { openRuns } from "./openRuns";

/** What a shell reports of a program that SIGTERM ended. */
const EXIT_CODE = 143;

/** For so long runs may take to their next step; one whose events nobody takes has none. */
const SECONDS = 60;

/**
 * Called when a run that keeps a state begins: SIGTERM ends the process once each of these has written it, and not before. A second one
 * ends it at once. Whoever listens to the signal as well, as the command line does, decides what it means instead.
 */
export function watchSigterm(): void {
  const open = openRuns();
  if (open.onSigterm) return;
  open.onSigterm = () => {
    if (process.listenerCount("SIGTERM") === 1) endWithState();
  };
  process.on("SIGTERM", open.onSigterm);
}

/** Called when a run has ended: after SIGTERM the last one that keeps a state ends the process, before anything that follows it. */
export function leaveSigterm(): void {
  const open = openRuns();
  if ([...open.runs].some(({ keeps }) => keeps)) return;
  if (open.ending) process.exit(EXIT_CODE);
  if (open.onSigterm) process.off("SIGTERM", open.onSigterm);
  open.onSigterm = undefined;
}

/** Stops all runs between two steps and ends the process once those that keep a state have written it. */
export function endWithState(): void {
  const open = openRuns();
  if (open.ending) process.exit(EXIT_CODE);
  open.ending = true;
  process.stderr.write("stopping at the next step, since the system asks for it (SIGTERM)\n");
  setTimeout(() => process.exit(EXIT_CODE), 1000 * SECONDS).unref();
  for (const run of open.runs) run.stop();
}
