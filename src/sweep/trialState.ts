import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { StateFolder } from "../training/StateFolder";
import type { Trial } from "./trial";

const START = "unfinished-";

/** The folder, in a sweep's, of the state of a trial that runs or was stopped. */
export const trialState = (folder: string, { trial }: Pick<Trial, "trial">): string =>
  join(folder, START + trial.replace(/[^\w.=-]+/g, "_").slice(0, 100));

/** Removes the states of all trials that a sweep's folder holds. */
export function clearTrialStates(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names) if (name.startsWith(START)) new StateFolder(join(folder, name)).clear();
}
