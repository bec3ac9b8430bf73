import { readFileSync } from "node:fs";

/**
 * When a process of this machine began, in a form that no process which gets its number later shares; "ended" for one that has ended and
 * is still listed, null where nothing is known, as on other systems than Linux.
 */
export function processStart(pid: number): string | null {
  try {
    // The second field, the program's name in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return "ended";
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}
