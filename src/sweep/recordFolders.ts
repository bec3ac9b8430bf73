import type { TrialRecord } from "./record";

/** The folder of each record that was read from one or written to one, beside which its predictions lie. Records are plain JSON otherwise. */
export const recordFolders = new WeakMap<TrialRecord, string>();
