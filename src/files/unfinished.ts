import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { codeOf } from "./codeOf";

/*
 * Unfinished files and folders carry the machine and process that writes them in their name: `<stem>.<host>-<pid>-<count><ending>`.
 * Processes that run at the same time never share one, and a later run knows which ones a crash left behind.
 */

const inUse = new Set<string>();
const host = hostname().replace(/[^\w.-]/g, "");
let count = 0;

/** An absolute path for unfinished work that nobody else uses. */
export function claimUnfinished(stem: string, ending: string): string {
  const path = `${resolve(stem)}.${host}-${process.pid}-${count++}${ending}`;
  inUse.add(path);
  return path;
}

/** Says that this process no longer works on the path, so that it or another may take up what is left there. */
export function releaseUnfinished(path: string): void {
  inUse.delete(path);
}

/**
 * Runs `work` with a path that nobody else uses; whatever is left there at its end is removed. So is, before, what a killed process has left
 * of the same work.
 */
export function withUnfinished(stem: string, ending: string, work: (path: string) => void): void {
  for (const left of findAbandoned(stem, ending)) rmSync(left, { force: true });
  const path = claimUnfinished(stem, ending);
  try {
    work(path);
  } finally {
    rmSync(path, { force: true });
    releaseUnfinished(path);
  }
}

/** The paths under this stem and ending whose process has ended, or ran on another machine more than a day ago. */
export function findAbandoned(stem: string, ending: string): string[] {
  const folder = dirname(resolve(stem));
  if (!existsSync(folder)) return [];
  const start = `${basename(stem)}.`;
  const found: string[] = [];
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(start) || !name.endsWith(ending)) continue;
    const maker = /^(.+)-(\d+)-\d+$/.exec(name.slice(start.length, name.length - ending.length));
    const path = join(folder, name);
    if (maker && !inUse.has(path) && isGone(path, maker[1], Number(maker[2]))) found.push(path);
  }
  return found;
}

function isGone(path: string, makerHost: string, pid: number): boolean {
  if (makerHost !== host) {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats !== undefined && Date.now() - stats.mtimeMs > 24 * 3600 * 1000;
  }
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM would mean that it runs for somebody else.
    return codeOf(error) === "ESRCH";
  }
}
