import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FrostError } from "../errors";

/** How many bytes several stores may hold in memory together. */
export interface Budget {
  bytes: number;
}

/**
 * Rows of float32 values, each of its own length: in memory as far as the budget reaches, beyond it in a file that vanishes with
 * the store. Each row is put once and may be read often.
 */
export class RaggedStore {
  #rows: (Float32Array | { position: number; length: number })[] = [];
  #budget: Budget;
  #held = 0;
  #folder: string | null = null;
  #file: number | null = null;
  #end = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Bytes of all rows, in memory and on disk. */
  get bytes(): { memory: number; disk: number } {
    return { memory: this.#held, disk: this.#end };
  }

  put(row: number, values: Float32Array): void {
    const { byteLength } = values;
    if (byteLength <= this.#budget.bytes) {
      this.#budget.bytes -= byteLength;
      this.#held += byteLength;
      this.#rows[row] = values.slice();
      return;
    }
    if (this.#file === null) {
      // FROSTKIT_CACHE names a disk with room, where the system's temporary folder has little.
      this.#folder = mkdtempSync(join(process.env.FROSTKIT_CACHE ?? tmpdir(), "frostkit-features-"));
      this.#file = openSync(join(this.#folder, "rows"), "w+");
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, byteLength);
    for (let done = 0; done < byteLength; )
      done += writeSync(this.#file, bytes, done, byteLength - done, this.#end + done);
    this.#rows[row] = { position: this.#end, length: values.length };
    this.#end += byteLength;
  }

  /** Copies a row to `into` at `offset`; returns how many values it has. */
  read(row: number, into: Float32Array, offset: number): number {
    const kept = this.#rows[row];
    if (kept instanceof Float32Array) {
      into.set(kept, offset);
      return kept.length;
    }
    const bytes = new Uint8Array(into.buffer, into.byteOffset + offset * 4, kept.length * 4);
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(this.#file!, bytes, done, bytes.length - done, kept.position + done);
      if (count === 0)
        throw new FrostError(`the features' file ${this.#folder} ends early: is it still there?`);
      done += count;
    }
    return kept.length;
  }

  dispose(): void {
    this.#budget.bytes += this.#held;
    this.#held = 0;
    this.#rows = [];
    if (this.#file !== null) {
      closeSync(this.#file);
      rmSync(this.#folder!, { recursive: true, force: true });
      this.#file = null;
    }
  }
}
