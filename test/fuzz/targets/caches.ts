import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc, { type Arbitrary } from "fast-check";
import { readTokens } from "../../../src/data/cachedTokens";
import { TextRows } from "../../../src/data/TextRows";
import { writeEntry } from "../../../src/files/cacheEntry";
import { DiskCache } from "../../../src/files/DiskCache";
import { readFeatures } from "../../../src/training/cachedFeatures";
import { RaggedStore } from "../../../src/training/RaggedStore";
import { toyRows } from "../../training/toyData";
import { mutatedBytes } from "../mutated";
import type { Target } from "../Target";

const KEY = "0123456789abcdef".repeat(4);
const rows = new TextRows(toyRows(3));

/** Three rows of two, three and one token, with types, of which the second was cut. */
const TOKENS = Buffer.concat(
  [Int32Array.of(3, 1, 1), Int32Array.of(2, 3, 1), Int32Array.of(2, 3, 2, 9, 3, 2)].map(bytesOf),
);
const tokens = Buffer.concat([TOKENS, Buffer.from([0, 1, 0, 0, 1, 0]), Buffer.from([0, 1, 0])]);

/** Features of two values for each token of `rows`. */
const values = rows.lengths.reduce((sum, length) => sum + 2 * length, 0);
const features = Buffer.concat(
  [Int32Array.of(1, 1, 2, 1, 1), new Float32Array(values).fill(0.5)].map(bytesOf),
);

function bytesOf({ buffer }: Int32Array | Float32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer);
}

/** An entry as it lies on disk, with the sums that fit this content. */
async function sealed(content: Buffer): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-fuzz-entry-"));
  try {
    const path = join(folder, "entry");
    await writeEntry(path, KEY, (write) => write(content));
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Entries of the cache: broken ones, and those whose content makes no sense though its sums fit. Neither is an error: it is done without. */
export async function cacheTarget(): Promise<Target> {
  const whole = await Promise.all([sealed(tokens), sealed(features)]);
  const named = (bytes: Arbitrary<Buffer>, kinds: readonly string[]) =>
    fc
      .tuple(bytes, fc.constantFrom(...kinds))
      .map(([entry, kind]) => ({ [`kept/${kind}-${KEY}`]: entry, content: Buffer.alloc(0) }));
  const contents = [mutatedBytes([tokens]), mutatedBytes([features])].map((bytes, i) =>
    bytes.map((content) => ({
      content,
      [`kept/${i === 0 ? "tokens" : "features"}-${KEY}`]: Buffer.alloc(0),
    })),
  );
  return {
    name: "cache",
    cases: fc.oneof(named(mutatedBytes(whole), ["tokens", "features"]), ...contents),
    async read(folder) {
      const content = readFileSync(join(folder, "content"));
      process.env.FROSTKIT_CACHE = folder;
      process.env.FROSTKIT_CACHE_GB = "1";
      for (const kind of ["tokens", "features"] as const) {
        const cache = new DiskCache(kind);
        // A content of its own is written as the kit writes it.
        if (content.length > 0) await cache.save(KEY, content.length, (write) => write(content));
        if (kind === "tokens") await cache.load(KEY, readTokens);
        else {
          const read = await readFeatures(cache, KEY, rows, new RaggedStore({ bytes: 1e9 }));
          read?.store.dispose();
        }
      }
    },
  };
}
