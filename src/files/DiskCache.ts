import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { checkNumber } from "../check";
import { visible } from "../freeze";
import { CacheEntry, DamagedEntry, HEADER, type Read, type Write, writeEntry } from "./cacheEntry";
import { cacheFolder } from "./cacheFolder";
import { LaterFormat } from "./checkFormat";
import { codeOf } from "./codeOf";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

/** Gigabytes (10⁹ bytes) that the folder may hold unless FROSTKIT_CACHE_GB says otherwise. */
const GIGABYTES = 5;

/**
 * What was computed once, kept on disk for later runs under the SHA-256 of all that it was computed from: in the folder `kept` of
 * FROSTKIT_CACHE, else of `~/.cache/frostkit`. Nothing depends on it: an entry that is damaged is computed again, a folder that is
 * full or cannot be written to is done without, each with one line on the console.
 *
 * The folder holds at most FROSTKIT_CACHE_GB (5), and no more than half of what the disk would have free without it; what was not
 * used for longest goes first. Entries that this instance has used stay, or a run larger than that would push its own out, one by
 * one, before it came to use them again. `FROSTKIT_CACHE_GB=0` turns it off.
 *
 * Entries appear whole, by renaming, so several processes can share the folder.
 */
export class DiskCache {
  #folder = cacheFolder("kept");
  #limit = limitFromEnv();
  #used = new Set<string>();
  #failed = false;

  /** @param kind what it holds, as the first part of its files' names */
  constructor(private readonly kind: "features" | "tokens") {}

  /** Whether anything can be found or kept: where not, keys need not be made. */
  get on(): boolean {
    return this.#limit > 0;
  }

  /**
   * What `take` makes of an entry's content, or null where there is none that is whole. `take` reads all of it, `bytes` bytes, and
   * lets through what a read throws: the last one does if a bit is not as it was written, so what it read is good only after that.
   */
  async load<T>(key: string, take: (read: Read, bytes: number) => T | Promise<T>): Promise<T | null> {
    if (!this.on) return null;
    const path = this.#path(key);
    let file: number;
    try {
      file = openSync(path, "r");
    } catch (error) {
      if (codeOf(error) !== "ENOENT") this.#warn(error);
      return null;
    }
    try {
      const entry = new CacheEntry(file, key);
      const made = await take(entry.read, entry.bytes);
      this.#touch(path);
      return made;
    } catch (error) {
      const isLater = error instanceof LaterFormat;
      if (!isLater && !(error instanceof DamagedEntry)) throw error;
      warnOnce(`${path}: ${error.message}; what it held is computed again`);
      if (!isLater) remove(path);
      return null;
    } finally {
      closeSync(file);
    }
  }

  /** Keeps `bytes` bytes, which `give` writes, if there is room for them. */
  async save(key: string, bytes: number, give: (write: Write) => void | Promise<void>): Promise<void> {
    if (!this.on || this.#failed) return;
    let unfinished: string | null = null;
    try {
      // What texts a person works on is nobody else's business.
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      if (!this.#makeRoom(HEADER + bytes)) return;
      unfinished = claimUnfinished(this.#stem, "");
      await writeEntry(unfinished, key, give);
      const path = this.#path(key);
      renameSync(unfinished, path);
      this.#used.add(path);
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      this.#failed = true;
      this.#warn(error);
    } finally {
      if (unfinished) {
        remove(unfinished);
        releaseUnfinished(unfinished);
      }
    }
  }

  get #stem(): string {
    return join(this.#folder, "unfinished");
  }

  #path(key: string): string {
    return join(this.#folder, `${this.kind}-${key}`);
  }

  /** The time of last use is the file's own: no index that two processes would have to agree on. */
  #touch(path: string): void {
    this.#used.add(path);
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // Read from a folder that cannot be written to, or removed meanwhile: it was whole when it was read.
    }
  }

  #makeRoom(bytes: number): boolean {
    for (const path of findAbandoned(this.#stem, "")) remove(path);
    const entries = readdirSync(this.#folder)
      .filter((name) => /^(features|tokens)-[0-9a-f]{64}$/.test(name))
      .map((name) => join(this.#folder, name))
      .flatMap((path) => {
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats ? [{ path, bytes: stats.size, usedAt: stats.mtimeMs }] : [];
      });
    const { bavail, bsize } = statfsSync(this.#folder);
    const sum = (some: { bytes: number }[]) => some.reduce((total, entry) => total + entry.bytes, 0);
    const held = sum(entries);
    const limit = Math.min(this.#limit, (bavail * bsize + held) / 2);
    const spare = entries.filter(({ path }) => !this.#used.has(path)).sort((a, b) => a.usedAt - b.usedAt);
    if (held - sum(spare) + bytes > limit) return false;
    for (let room = limit - held; room < bytes; ) {
      const oldest = spare.shift()!;
      remove(oldest.path);
      room += oldest.bytes;
    }
    return true;
  }

  #warn(error: unknown): void {
    warnOnce(
      `${this.#folder}: ${codeOf(error)}, so nothing is kept there for later runs; FROSTKIT_CACHE names another folder, FROSTKIT_CACHE_GB=0 turns this off`,
    );
  }
}

function limitFromEnv(): number {
  const { FROSTKIT_CACHE_GB } = process.env;
  return (
    1e9 * (FROSTKIT_CACHE_GB ? checkNumber("FROSTKIT_CACHE_GB", Number(FROSTKIT_CACHE_GB), 0) : GIGABYTES)
  );
}

/** What cannot be removed, another process has removed or cannot be written to; either way nothing is lost. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

const warned = new Set<string>();

function warnOnce(line: string): void {
  if (warned.has(line)) return;
  warned.add(line);
  console.warn(visible(line));
}
