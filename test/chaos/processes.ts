import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** The variable that marks the processes of a run: children inherit it. */
export const MARK = "CHAOS_CASE";

/** A process that runs: its number and what it was started as. */
interface Running {
  pid: number;
  command: string;
}

/** Seconds in which what is to end with a run has to. */
export const PATIENCE = 1.5;

/** Processes of the runs of this mark, their children's children included. Linux tells; elsewhere none are found. */
export function running(mark: string): Running[] {
  const word = `${MARK}=${mark}`;
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(word)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ").trim();
        // Of one that has ended nothing is left but its number.
        return command === "" ? [] : [{ pid: Number(name), command }];
      } catch {
        return [];
      }
    });
}

/** Those that are still there after so many seconds, which are ended then. */
export async function stillRunning(mark: string, seconds: number): Promise<Running[]> {
  for (const until = Date.now() + 1000 * seconds; running(mark).length > 0 && Date.now() < until; )
    await setTimeout(20);
  const left = running(mark);
  for (const { pid } of left)
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  return left;
}
