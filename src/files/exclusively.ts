import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { FrostError } from "../errors";
import { codeOf } from "./codeOf";

/** Seconds after which what holds others up is what a crash left behind, and after which waiting ends. */
const CRASHED = 10;
const PATIENCE = 30;

/**
 * Runs short work that no two processes may do at once: for as long as it takes, a folder of this path says so to the others, which wait.
 *
 * @throws FrostError where the others do not come to an end
 */
export function exclusively<T>(path: string, work: () => T): T {
  const begun = Date.now();
  while (!made(path)) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats && Date.now() - stats.mtimeMs > 1000 * CRASHED) remove(path);
    else if (Date.now() - begun > 1000 * PATIENCE)
      throw new FrostError(
        `${path}: expected to wait for a moment, waited ${PATIENCE} s; remove it if nothing runs`,
      );
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  try {
    return work();
  } finally {
    remove(path);
  }
}

function made(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return false;
  }
}

function remove(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    // Another process that waits was faster.
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
