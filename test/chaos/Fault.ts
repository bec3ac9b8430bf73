import type { Random } from "../../src/random";
import type { FileFault } from "./FilePlan";

/** What happens to a run from outside, after so much of an undisturbed run's time. */
interface Signal {
  kind: "signal";
  signal: NodeJS.Signals;
  /** Whether the processes that it started get it as well, as from a terminal. */
  group: boolean;
  /** Whether it comes twice, as from somebody impatient. */
  twice?: boolean;
  /** From 0 to 1. */
  after: number;
}

/** What happens at one of the run's operations on files. */
interface AtFile {
  kind: "file";
  fault: FileFault;
  short: boolean;
}

/** A disk with too little room. */
interface FullDisk {
  kind: "disk";
  /** Of what the run needs, from 0 to 1. */
  share: number;
}

export type Fault = { name: string } & (Signal | AtFile | FullDisk);

const signal = (name: NodeJS.Signals, more: Partial<Signal>) => (random: Random) => ({
  ...{ kind: "signal" as const, signal: name, group: false, after: 1.05 * random.uniform() },
  ...more,
});

const atFile = (kind: FileFault["kind"]) => (random: Random, operations: string[]) => ({
  ...{ kind: "file" as const, short: random.uniform() < 0.3 },
  fault: { kind, at: momentOf(random, operations) },
});

/** One of the operations, counted from 1: what is done a thousand times is no more likely than what is done once. */
function momentOf(random: Random, operations: string[]): number {
  const kinds = [...new Set(operations)];
  if (kinds.length === 0) return 1;
  const kind = kinds[random.integer(kinds.length)];
  const moments = operations.flatMap((each, i) => (each === kind ? i + 1 : []));
  return moments[random.integer(moments.length)];
}

/** All kinds by name: what is drawn of each, given the operations of an undisturbed run. */
const KINDS: Record<string, (random: Random, operations: string[]) => Signal | AtFile | FullDisk> = {
  "SIGKILL at a file": atFile("SIGKILL"),
  "machine dies": atFile("machine"),
  "SIGTERM at a file": atFile("SIGTERM"),
  "SIGINT at a file": atFile("SIGINT"),
  EIO: atFile("EIO"),
  ENOSPC: atFile("ENOSPC"),
  "full disk": (random) => ({ kind: "disk", share: random.uniform() }),
  SIGKILL: signal("SIGKILL", {}),
  "SIGKILL of all": signal("SIGKILL", { group: true }),
  SIGTERM: signal("SIGTERM", {}),
  "SIGTERM to all": signal("SIGTERM", { group: true }),
  SIGINT: signal("SIGINT", { group: true }),
  "SIGINT twice": signal("SIGINT", { group: true, twice: true }),
};

export const faultNames: string[] = Object.keys(KINDS);

/** How often each is drawn: what happens at a file finds most. */
const WEIGHTS = [4, 4, 1, 1, 2, 2, 1, 2, 1, 1, 1, 1, 1];

/** Draws a disturbance of a run that does these operations on files. */
export function drawFault(random: Random, operations: string[], canFill: boolean): Fault {
  const some = faultNames.flatMap((name, i) =>
    name === "full disk" && !canFill ? [] : Array(WEIGHTS[i]).fill(name),
  );
  const name = some[random.integer(some.length)] as string;
  return { name, ...KINDS[name](random, operations) };
}
