/** A run that has begun, for the stop button and the end of a cell. */
export interface OpenRun {
  /** The function that was called: "fineTune". */
  readonly name: string;
  /** What it does for as long as it is under way: "training". */
  readonly work: string;
  /** Whether the cell is to go on after the stop button, as its author asked. */
  readonly endsWell?: boolean;
  /** Whether it writes a state when it is stopped, from which it goes on. */
  readonly keeps?: boolean;
  /** Ends it between two steps, with the result so far. */
  stop(): void;
  /** Ends it at once, without a result. */
  close(): void;
}

/** The runs of this process. */
export interface OpenRuns {
  /** Runs that have begun and not ended. */
  readonly runs: Set<OpenRun>;
  /** Runs that were made in the cell that runs, and have not begun; undefined outside a notebook. */
  unbegun?: Set<OpenRun>;
  /** Runs that the stop button ended in the cell that runs: no further one begins in it. */
  stopped: string[];
  /** Listens to SIGTERM while a run keeps a state. */
  onSigterm?: () => void;
  /** Whether the process ends once all of these are stopped. */
  ending?: boolean;
}

/** One place for all copies of the kit that a process has loaded, as a kernel and its cells may. */
const place = Symbol.for("frostkit.openRuns");

/** The runs of the kit that are under way in this process, whichever copy of the kit they belong to. */
export function openRuns(): OpenRuns {
  const all = globalThis as { [place]?: OpenRuns };
  all[place] ??= { runs: new Set(), stopped: [] };
  return all[place];
}
