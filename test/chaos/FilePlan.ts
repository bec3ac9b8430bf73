/** What the layer between a process and its files is to do, as JSON in CHAOS_PLAN. */
export interface FilePlan {
  /** The folders that are watched, by their real paths. */
  below: string[];
  /** A folder of the layer's own, on the same disk as those. */
  hold: string;
  /** The file that is told of the operation at which the fault came. */
  told: string;
  /** The file that gets the list of operations where the process comes to its end. */
  counted: string;
  /** Of what is drawn: which writes are short, what the disk loses. */
  seed: number;
  fault: FileFault | null;
  /** Writes take less than they are given, every other time. */
  short?: boolean;
  /** Breaks a promise of the file system's, so that a test sees that losses are found. */
  broken?: "rename";
}

export interface FileFault {
  kind: "SIGKILL" | "SIGTERM" | "SIGINT" | "EIO" | "ENOSPC" | "machine";
  /** The operation at which it comes, counted from 1. */
  at: number;
}
