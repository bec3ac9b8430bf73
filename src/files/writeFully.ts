import { writeSync } from "node:fs";

/** Writes all of the bytes, from `position` on where one is named: a single call may write less, and moves 2 GiB at most. */
export function writeFully(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length; ) {
    const at = position === undefined ? null : position + done;
    done += writeSync(descriptor, bytes, done, Math.min(bytes.length - done, 1 << 30), at);
  }
}
