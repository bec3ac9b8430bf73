import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FolderLock } from "../files/FolderLock";
import { StateFolder } from "../training/StateFolder";
import type { Trial } from "./trial";

const START = "unfinished-";

/** The folder, in a sweep's, of the state of a trial that runs or was stopped. */
export const trialState = (folder: string, { trial }: Pick<Trial, "trial">): string =>
  join(folder, START + trial.replace(/[^\w.=-]+/g, "_").slice(0, 100));

/**
 * Removes the state of a trial that has its record. `log` is told of the lock of a run that was killed between the record and this.
 *
 * @throws FrostError where another process goes on with it
 */
export function clearTrialState(
  folder: string,
  trial: Pick<Trial, "trial">,
  log: (line: string) => void,
): void {
  const state = trialState(folder, trial);
  if (!existsSync(state)) return;
  FolderLock.take(state, log).release();
  new StateFolder(state).clear();
}

/** Removes the states of all trials that a sweep's folder holds. */
export function clearTrialStates(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names) if (name.startsWith(START)) new StateFolder(join(folder, name)).clear();
}
