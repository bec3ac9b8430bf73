import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toFloat32 } from "../checkpoint/toFloat32";
import { toBfloat16, toFloat16 } from "../checkpoint/toHalf";
import type { Half } from "../engine/autocast";
import { FrostError } from "../errors";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "../files/unfinished";

/** How many bytes several stores may hold in memory together. */
export interface Budget {
  bytes: number;
}

interface InFile {
  position: number;
  length: number;
}

/**
 * Rows of float32 values, each of its own length: in memory as far as the budget reaches, beyond it in a file that vanishes with
 * the store. Each row is put once and may be read often. With `half` values are rounded to it and take half the room.
 */
export class RaggedStore {
  #rows: (Float32Array | Uint16Array | InFile)[] = [];
  #half: Half | null;
  #budget: Budget;
  #held = 0;
  /** Its file's path, as long as it has one. */
  #path: string | null = null;
  #file: number | null = null;
  #end = 0;

  constructor(budget: Budget, { half = null }: { half?: Half | null } = {}) {
    this.#budget = budget;
    this.#half = half;
  }

  /** Bytes of all rows, in memory and on disk. */
  get bytes(): { memory: number; disk: number } {
    return { memory: this.#held, disk: this.#end };
  }

  /** Puts a copy of a row, or where the array is to be the store's own the row itself. */
  put(row: number, values: Float32Array, { own = false } = {}): void {
    this.putStored(row, this.#half ? rounded(this.#half, values) : own ? values : values.slice());
  }

  /** An array for a row of so many values as they are stored, to be filled and put by `putStored`. */
  emptyRow(length: number): Float32Array | Uint16Array {
    return this.#half ? new Uint16Array(length) : new Float32Array(length);
  }

  /** Puts a row as it is stored, and takes the array for its own. */
  putStored(row: number, values: Float32Array | Uint16Array): void {
    const { byteLength } = values;
    if (byteLength <= this.#budget.bytes) {
      this.#budget.bytes -= byteLength;
      this.#held += byteLength;
      this.#rows[row] = values;
      return;
    }
    this.#file ??= this.#openFile();
    const bytes = new Uint8Array(values.buffer, values.byteOffset, byteLength);
    for (let done = 0; done < byteLength; )
      done += writeSync(this.#file, bytes, done, byteLength - done, this.#end + done);
    this.#rows[row] = { position: this.#end, length: values.length };
    this.#end += byteLength;
  }

  /** Copies a row to `into` at `offset`; returns how many values it has. */
  read(row: number, into: Float32Array, offset: number): number {
    const stored = this.#rows[row];
    if (stored instanceof Float32Array) {
      into.set(stored, offset);
      return stored.length;
    }
    const to = into.subarray(offset, offset + stored.length);
    if (this.#half) toFloat32(TYPES[this.#half], this.stored(row), to);
    else this.#readFile((stored as InFile).position, to);
    return stored.length;
  }

  /** A row as it is stored; whoever gets it must not change it. */
  stored(row: number): Float32Array | Uint16Array {
    const stored = this.#rows[row];
    if (!("position" in stored)) return stored;
    const values = this.emptyRow(stored.length);
    this.#readFile(stored.position, values);
    return values;
  }

  /** Opens a file that goes with the process, however that ends: it is removed at once, and its bytes stay while it is open. */
  #openFile(): number {
    // FROSTKIT_CACHE names a disk with room, where the system's temporary folder has little.
    const parent = process.env.FROSTKIT_CACHE || tmpdir();
    mkdirSync(parent, { recursive: true });
    const stem = join(parent, "frostkit-features");
    // Of one that was killed at this very moment, or ran where an open file cannot be removed.
    for (const left of findAbandoned(stem, ENDING)) remove(left);
    const path = claimUnfinished(stem, ENDING);
    // What texts a person works on is nobody else's business.
    const file = openSync(path, "wx+", 0o600);
    if (remove(path)) releaseUnfinished(path);
    else this.#path = path;
    return file;
  }

  #readFile(position: number, into: Float32Array | Uint16Array): void {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(this.#file!, bytes, done, bytes.length - done, position + done);
      if (count === 0) throw new FrostError("the temporary file of features ends early: somebody has cut it");
      done += count;
    }
  }

  dispose(): void {
    this.#budget.bytes += this.#held;
    this.#held = 0;
    this.#rows = [];
    if (this.#file !== null) {
      closeSync(this.#file);
      this.#file = null;
    }
    if (this.#path !== null) {
      remove(this.#path);
      releaseUnfinished(this.#path);
      this.#path = null;
    }
  }
}

const ENDING = ".tmp";

/** Removes a file; false where the system, as Windows, does not let go of an open one. */
function remove(path: string): boolean {
  try {
    rmSync(path, { force: true });
    return true;
  } catch {
    return false;
  }
}

const TYPES = { bf16: "BF16", fp16: "F16" } as const;

function rounded(half: Half, values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  if ((half === "bf16" ? toBfloat16 : toFloat16)(values, bits) !== -1)
    throw new FrostError(`frozen features: a value is too large for ${half}; train with precision fp32`);
  return bits;
}
