import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const mount = (...args: string[]): boolean => spawnSync("mount", args).status === 0;

/** Whether a disk of a few megabytes can be had here: root may mount one on Linux, but not in every container. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-chaos-disk-"));
  const can = mountDisk(folder);
  if (can) unmount(folder);
  rmSync(folder, { recursive: true });
  return can;
}

/** Puts an empty disk in the place of a folder's content. */
export function mountDisk(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  return mount("-t", "tmpfs", "-o", "size=1g", "frostkit-chaos", folder);
}

/** Gives a mounted disk so many bytes, in whole pages. */
export function resize(folder: string, bytes: number): boolean {
  return mount("-o", `remount,size=${4 * Math.max(1, Math.ceil(bytes / 4096))}k`, folder);
}

export function unmount(folder: string): void {
  spawnSync("umount", ["-l", folder]);
}

/** Takes away all disks that were mounted below a folder, as where a case broke off. */
export function unmountBelow(folder: string): void {
  if (!existsSync("/proc/mounts")) return;
  const mounted = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const path of mounted) if (path.startsWith(`${folder}/`)) unmount(path);
}
