import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Linux alone tells what a process has open and how much it reads. */
export const skipWithoutProc = existsSync("/proc/self/io") ? false : "it takes Linux's /proc to see";

/** The paths that this process has open below `folder`, or that file; removed ones end in " (deleted)". */
export function openFiles(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? path : [];
    } catch {
      return []; // the descriptor that the folder itself was listed by
    }
  });
}

export const isOpen = (path: string): boolean => openFiles(path).length > 0;

/** How many bytes this process has read from files so far, by whatever call and thread. */
export function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))![1]);
}
