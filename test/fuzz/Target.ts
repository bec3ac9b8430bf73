import type { Arbitrary } from "fast-check";

/** A kind of file that strangers make, and what the kit does with it. */
export interface Target {
  name: string;
  /** A case: files by their names in a folder of the case's own. */
  cases: Arbitrary<Files>;
  /** Reads them as a user would. What it throws is judged: see `fault`. */
  read: (folder: string) => Promise<void> | void;
  /** Errors need not name a file of the folder, as where nothing but the name of an option is wrong. */
  namesNoFile?: boolean;
}

export type Files = Record<string, Buffer>;
