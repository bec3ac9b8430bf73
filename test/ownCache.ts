import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, mock } from "node:test";

const { FROSTKIT_CACHE, FROSTKIT_CACHE_GB } = process.env;

/** What a test can look at: the files that are kept, and the lines that were said on the console meanwhile. */
export interface OwnCache {
  /** FROSTKIT_CACHE. */
  readonly root: string;
  /** Where entries lie; it is not there before the first. */
  readonly folder: string;
  /** Paths of the entries. */
  entries(): string[];
  readonly lines: string[];
}

/** Turns the cache on for the tests of a file or group, which `test/run.ts` turns off: an empty one for each, gone afterwards. */
export function ownCache(): OwnCache {
  const cache = { root: "", folder: "", lines: [] as string[], entries: () => [] as string[] };
  cache.entries = () => readdirSync(cache.folder).map((name) => join(cache.folder, name));
  beforeEach(() => {
    cache.root = mkdtempSync(join(tmpdir(), "frostkit-cache-"));
    cache.folder = join(cache.root, "kept");
    cache.lines.length = 0;
    setEnv("FROSTKIT_CACHE", cache.root);
    setEnv("FROSTKIT_CACHE_GB", undefined);
    mock.method(console, "warn", (line: string) => cache.lines.push(line));
  });
  afterEach(() => {
    mock.restoreAll();
    rmSync(cache.root, { recursive: true });
    setEnv("FROSTKIT_CACHE", FROSTKIT_CACHE);
    setEnv("FROSTKIT_CACHE_GB", FROSTKIT_CACHE_GB);
  });
  return cache;
}

/** Runs something with FROSTKIT_CACHE_GB set. */
export async function withGigabytes<T>(gigabytes: string, run: () => T | Promise<T>): Promise<T> {
  const before = process.env.FROSTKIT_CACHE_GB;
  process.env.FROSTKIT_CACHE_GB = gigabytes;
  try {
    return await run();
  } finally {
    setEnv("FROSTKIT_CACHE_GB", before);
  }
}

function setEnv(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** An error of the file system, as Node throws it. */
export const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: as the system says it`), { code });
