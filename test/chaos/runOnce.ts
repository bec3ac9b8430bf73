import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "./Fault";
import type { FilePlan } from "./FilePlan";
import type { Place } from "./Place";
import type { Scenario } from "./Scenario";

/** No run takes longer undisturbed than some seconds; one that was asked to end has to end, on a machine that is busy as well. */
const SECONDS = 300;

export interface Ended {
  /** The exit code; null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
  /** Operations on files of a run that is not disturbed and came to its end. */
  operations: string[] | null;
  /** Where the disturbance came; null where the run was over before. */
  struck: string | null;
  /** Whether it had to be ended, since it did not end. */
  hung: boolean;
}

/** What is the same for all runs. */
export interface How {
  /** The file layer as JavaScript. */
  layer: string;
  broken?: FilePlan["broken"];
}

/** Starts a run once, has the disturbance happen to it, and waits for its end. */
export function runOnce(
  scenario: Scenario,
  place: Place,
  mark: string,
  { layer, broken }: How,
  fault: (Fault & { seconds: number; seed: number }) | null = null,
): Promise<Ended> {
  const [told, counted] = ["told", "counted"].map((name) => join(place.layer, name));
  for (const file of [told, counted]) rmSync(file, { force: true });
  const plan: FilePlan = {
    ...{ below: place.watched, hold: place.layer, told, counted, broken },
    ...{ seed: fault?.seed ?? 1, fault: null },
    ...(fault?.kind === "file" && { fault: fault.fault, short: fault.short }),
  };
  const begun = performance.now();
  const child = spawn(process.execPath, ["--require", layer, ...scenario.args(place.work)], {
    cwd: place.work,
    env: { ...place.env(mark), ...scenario.env?.(place.work), CHAOS_PLAN: JSON.stringify(plan) },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const ended: Ended = {
    ...{ code: null, signal: null, stdout: "", stderr: "", seconds: 0, operations: null, struck: null },
    hung: false,
  };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      ended[name] += text;
    });
  const timers: NodeJS.Timeout[] = [];
  const later = (seconds: number, work: () => void) => timers.push(setTimeout(work, 1000 * seconds));
  later(SECONDS, () => {
    ended.hung = true;
    kill(-child.pid!, "SIGKILL");
  });
  if (fault?.kind === "signal") {
    const { signal, group, twice, after, seconds } = fault;
    const strike = () => {
      if (kill(group ? -child.pid! : child.pid!, signal))
        ended.struck = `after ${(after * seconds).toFixed(2)} s`;
    };
    later(after * seconds, strike);
    if (twice) later(after * seconds + 0.15, strike);
  }
  return new Promise((resolve) => {
    // Children that live on may hold its output open.
    child.once("exit", (code, signal) => {
      const done = () => {
        for (const timer of timers) clearTimeout(timer);
        if (existsSync(told)) ended.struck = readFileSync(told, "utf8");
        const operations =
          existsSync(counted) && !fault ? (JSON.parse(readFileSync(counted, "utf8")) as string[]) : null;
        resolve({ ...ended, code, signal, operations, seconds: (performance.now() - begun) / 1000 });
      };
      const patience = setTimeout(done, 3000);
      child.once("close", () => {
        clearTimeout(patience);
        done();
      });
    });
  });
}

/** Whether there was somebody to get the signal. */
function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
