import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { crc32 } from "node:zlib";
import { DamagedEntry, type Read } from "../../src/files/cacheEntry";
import { DiskCache } from "../../src/files/DiskCache";
import { ownCache, systemError, withGigabytes } from "../ownCache";

const keyOf = (number: number) => number.toString(16).padStart(64, "0");
const [key, other] = [keyOf(1), keyOf(2)];
/** Reads an entry of any length as one array. */
const whole = (read: Read, bytes: number) => {
  const content = new Uint8Array(bytes);
  read(content);
  return [...content];
};
const save = (cache: DiskCache, key: string, content: number[]) =>
  cache.save(key, content.length, (write) => write(Uint8Array.from(content)));
const load = (cache: DiskCache, key: string) => cache.load(key, whole);

describe("DiskCache", () => {
  const own = ownCache();

  it("gives back what was kept under a key, in this process and to whoever comes later", async () => {
    const cache = new DiskCache("tokens");
    await cache.save(key, 20, async (write) => {
      write(Int32Array.of(7, -8));
      await null;
      write(Float32Array.of(0.5, 1e-40, Number.NaN));
    });
    for (const reader of [cache, new DiskCache("tokens")]) {
      const read = await reader.load(key, (read, bytes) => {
        const [ints, floats] = [new Int32Array(2), new Float32Array(3)];
        read(ints);
        read(floats.subarray(0, 1));
        read(floats.subarray(1));
        return { bytes, ints: [...ints], floats: [...floats] };
      });
      assert.deepEqual(read, {
        bytes: 20,
        ints: [7, -8],
        floats: [0.5, Math.fround(1e-40), Number.NaN],
      });
    }
    assert.deepEqual(own.lines, []);
  });

  it("has nothing under other keys, of other kinds, or where nothing was ever kept, and says nothing of it", async () => {
    const cache = new DiskCache("tokens");
    assert.equal(await load(cache, key), null);
    assert.ok(!existsSync(own.folder));
    await save(cache, key, [1]);
    assert.equal(await load(cache, other), null);
    assert.equal(await load(new DiskCache("features"), key), null);
    assert.deepEqual(own.lines, []);
  });

  it("keeps an entry of no bytes, too", async () => {
    const cache = new DiskCache("tokens");
    await save(cache, key, []);
    assert.deepEqual(await load(cache, key), []);
  });

  it("lies in FROSTKIT_CACHE, for nobody else to read", async () => {
    await save(new DiskCache("features"), key, [1]);
    assert.deepEqual(own.entries(), [join(own.root, "kept", `features-${key}`)]);
    assert.equal(statSync(own.folder).mode & 0o777, 0o700);
    assert.equal(statSync(own.entries()[0]).mode & 0o777, 0o600);
  });

  const damages: [string, (path: string) => void][] = [
    ["truncated within its content", (path) => truncateSync(path, statSync(path).size - 1)],
    ["truncated within its header", (path) => truncateSync(path, 20)],
    ["empty", (path) => truncateSync(path, 0)],
    ["longer than it was", (path) => appendFileSync(path, "x")],
    ["another file altogether", (path) => writeFileSync(path, "PK\x03\x04".repeat(40))],
    ["another entry, put under this one's name", (path) => renameSync(path.replace(key, other), path)],
    [
      "a folder",
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ];
  for (const [title, damage] of damages)
    it(`does not give an entry that is ${title}; says so in one line and forgets it`, async () => {
      const cache = new DiskCache("tokens");
      await save(cache, key, [1, 2, 3]);
      await save(cache, other, [4, 5, 6]);
      const path = join(own.folder, `tokens-${key}`);
      damage(path);
      assert.equal(await load(cache, key), null);
      assert.equal(own.lines.length, 1, own.lines.join("\n"));
      assert.ok(own.lines[0].startsWith(`${path}: `), own.lines[0]);
      assert.ok(own.lines[0].endsWith("; what it held is computed again"), own.lines[0]);
      // A folder is none of the cache's, and stays.
      assert.equal(existsSync(path), title === "a folder");
      if (title !== "a folder") {
        await save(cache, key, [1, 2, 3]);
        assert.deepEqual(await load(cache, key), [1, 2, 3]);
      }
      assert.equal(own.lines.length, 1);
    });

  it("does without an entry that a later version of the kit has written, and leaves it there", async () => {
    const cache = new DiskCache("tokens");
    await save(cache, key, [1, 2, 3]);
    const [path] = own.entries();
    const bytes = readFileSync(path);
    bytes[7] = 2;
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 52)), 52);
    writeFileSync(path, bytes);
    assert.equal(await load(cache, key), null);
    assert.deepEqual(own.lines, [`${path}: was written by a later frostkit; what it held is computed again`]);
    assert.deepEqual(readFileSync(path), bytes);
  });

  it("notices any single bit that has changed, in header and content", async () => {
    const cache = new DiskCache("tokens");
    const content = [0, 255, 7, 7, 7];
    await save(cache, key, content);
    const [path] = own.entries();
    const good = readFileSync(path);
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bad);
      assert.equal(await load(cache, key), null, `bit ${bit}`);
    }
    writeFileSync(path, good);
    assert.deepEqual(await load(cache, key), content);
  });

  it("forgets an entry whose reader says that its content makes no sense, or who reads beyond its end", async () => {
    const cache = new DiskCache("tokens");
    await save(cache, key, [1]);
    const senseless = await cache.load(key, () => {
      throw new DamagedEntry("holds no rows");
    });
    assert.equal(senseless, null);
    assert.match(own.lines[0], /: holds no rows; what it held is computed again$/);
    await save(cache, key, [1]);
    assert.equal(await cache.load(key, (read) => read(new Uint8Array(2))), null);
    assert.match(own.lines[1], /holds 1 bytes of content, which is less than was asked for/);
    assert.deepEqual(own.entries(), []);
  });

  it("lets through what a reader or a writer throws of its own, and keeps nothing that is half written", async () => {
    const cache = new DiskCache("tokens");
    const error = new Error("of the writer");
    const failing = cache.save(key, 4, (write) => {
      write(Int32Array.of(1));
      throw error;
    });
    await assert.rejects(failing, error);
    assert.deepEqual(own.entries(), []);
    await save(cache, key, [1]);
    const reading = cache.load(key, () => {
      throw error;
    });
    await assert.rejects(reading, error);
    assert.deepEqual(await load(cache, key), [1]);
  });

  it("goes on without a file that it may not read, with one line", async (t) => {
    const cache = new DiskCache("tokens");
    await save(cache, key, [1]);
    failing(t, "openSync", "EACCES");
    assert.equal(await load(cache, key), null);
    assert.equal(await load(cache, key), null);
    assert.deepEqual(own.lines, [
      `${own.folder}: EACCES, so nothing is kept there for later runs; FROSTKIT_CACHE names another folder, FROSTKIT_CACHE_GB=0 turns this off`,
    ]);
  });

  it("goes on when reading fails half-way, as on a broken disk", async (t) => {
    const cache = new DiskCache("tokens");
    await save(cache, key, [1]);
    failing(t, "readSync", "EIO");
    assert.equal(await load(cache, key), null);
    assert.match(own.lines[0], /: cannot be read \(EIO\); what it held is computed again$/);
  });

  for (const [title, name, code] of [
    ["a disk that is full", "writeSync", "ENOSPC"],
    ["a folder that cannot be written to", "openSync", "EROFS"],
    ["a folder that cannot be made", "mkdirSync", "EACCES"],
    ["a rename that fails", "renameSync", "EPERM"],
  ] as const)
    it(`goes on without keeping anything on ${title}: one line, nothing left behind, no second try`, async (t) => {
      await save(new DiskCache("tokens"), other, [9]);
      const cache = new DiskCache("tokens");
      const calls = failing(t, name, code);
      await save(cache, key, [1, 2]);
      const tries = calls();
      await save(cache, keyOf(3), [3]);
      assert.equal(calls(), tries);
      t.mock.restoreAll();
      assert.deepEqual(
        own.entries().map((path) => basename(path)),
        [`tokens-${other}`],
      );
      assert.deepEqual(await load(cache, other), [9]);
    });

  it("says only once that a disk is full, however many caches find out", async (t) => {
    failing(t, "writeSync", "ENOSPC");
    const lines = t.mock.method(console, "warn", () => {});
    for (const kind of ["tokens", "features"] as const) await save(new DiskCache(kind), key, [1]);
    assert.equal(lines.mock.callCount(), 1);
    assert.match(String(lines.mock.calls[0].arguments[0]), /kept: ENOSPC, so nothing is kept there/);
  });

  it("goes on where FROSTKIT_CACHE is no folder at all, with one line", async () => {
    const file = join(own.root, "file");
    writeFileSync(file, "");
    process.env.FROSTKIT_CACHE = file;
    const cache = new DiskCache("tokens");
    assert.equal(await load(cache, key), null);
    await save(cache, key, [1]);
    assert.equal(await load(cache, key), null);
    assert.equal(own.lines.length, 1, own.lines.join("\n"));
    assert.match(own.lines[0], /ENOTDIR/);
  });

  it("reads from a folder that cannot be written to", async (t) => {
    await save(new DiskCache("tokens"), key, [1]);
    failing(t, "utimesSync", "EROFS");
    assert.deepEqual(await load(new DiskCache("tokens"), key), [1]);
    assert.deepEqual(own.lines, []);
  });

  it("makes its folder anew where that was removed meanwhile", async () => {
    const cache = new DiskCache("tokens");
    await save(cache, key, [1]);
    rmSync(own.folder, { recursive: true });
    assert.equal(await load(cache, key), null);
    await save(cache, key, [2]);
    assert.deepEqual(await load(cache, key), [2]);
  });

  describe("within its bounds", () => {
    // A thousand bytes of content and 56 of header: three fit in 3,500 bytes, four do not.
    const bounds = "0.0000035";
    const filled = (number: number) => new Array(1000).fill(number);
    const present = () =>
      own
        .entries()
        .map((path) => Number.parseInt(basename(path).slice(-8), 16))
        .sort();
    /** Makes an entry look as if it was used so many minutes ago. */
    const age = (number: number, minutes: number) => {
      const time = new Date(Date.now() - 60_000 * minutes);
      utimesSync(join(own.folder, `tokens-${keyOf(number)}`), time, time);
    };

    it("lets go what was not used for longest, and counts reading as use", async () => {
      await withGigabytes(bounds, async () => {
        for (const number of [1, 2, 3]) {
          await save(new DiskCache("tokens"), keyOf(number), filled(number));
          age(number, 10 - number);
        }
        assert.deepEqual(await load(new DiskCache("tokens"), keyOf(1)), filled(1));
        await save(new DiskCache("tokens"), keyOf(4), filled(4));
        assert.deepEqual(present(), [1, 3, 4]);
        await save(new DiskCache("tokens"), keyOf(5), filled(5));
        assert.deepEqual(present(), [1, 4, 5]);
      });
    });

    it("does not push out what this run has kept or read itself: the first of a long run stay, for the next run", async () => {
      await withGigabytes(bounds, async () => {
        for (const run of [1, 2]) {
          const cache = new DiskCache("tokens");
          const found = [];
          for (const number of [1, 2, 3, 4, 5]) {
            found.push((await load(cache, keyOf(number))) !== null);
            if (!found.at(-1)) await save(cache, keyOf(number), filled(number));
          }
          assert.deepEqual(present(), [1, 2, 3]);
          assert.deepEqual(found, run === 1 ? new Array(5).fill(false) : [true, true, true, false, false]);
        }
      });
    });

    it("does not keep what is larger than all, and lets nothing go for it", async () => {
      await withGigabytes(bounds, async () => {
        for (const number of [1, 2]) await save(new DiskCache("tokens"), keyOf(number), filled(number));
        await save(new DiskCache("tokens"), keyOf(3), new Array(3500).fill(3));
        assert.deepEqual(present(), [1, 2]);
        assert.deepEqual(own.lines, []);
      });
    });

    it("takes no more than half of what the disk would have free without it", async (t) => {
      for (const number of [1, 2]) await save(new DiskCache("tokens"), keyOf(number), filled(number));
      age(2, 5);
      let bavail = 4;
      t.mock.method(fs, "statfsSync", () => ({ bavail, bsize: 1000 }));
      // (4,000 + 2 · 1,056) / 2 has room for two.
      await save(new DiskCache("tokens"), keyOf(3), filled(3));
      assert.deepEqual(present(), [1, 3]);
      bavail = 0;
      await save(new DiskCache("tokens"), keyOf(4), filled(4));
      assert.deepEqual(present(), [4]);
    });

    it("counts both kinds together, and leaves alone what is not its own", async () => {
      await withGigabytes(bounds, async () => {
        await save(new DiskCache("features"), keyOf(1), filled(1));
        const old = new Date(0);
        utimesSync(own.entries()[0], old, old);
        writeFileSync(join(own.folder, "notes.txt"), "mine");
        for (const number of [2, 3, 4]) await save(new DiskCache("tokens"), keyOf(number), filled(number));
        assert.deepEqual(
          readdirSync(own.folder).sort(),
          ["notes.txt", ...[2, 3, 4].map((number) => `tokens-${keyOf(number)}`)].sort(),
        );
      });
    });

    it("is off at 0: nothing is looked for and nothing kept", async () => {
      await save(new DiskCache("tokens"), key, [1]);
      await withGigabytes("0", async () => {
        const cache = new DiskCache("tokens");
        assert.equal(cache.on, false);
        assert.equal(await load(cache, key), null);
        await save(cache, other, [2]);
      });
      assert.equal(own.entries().length, 1);
      assert.equal(new DiskCache("tokens").on, true);
    });

    it("takes no number for a size that is none", async () => {
      for (const [given, got] of [
        ["much", "NaN"],
        ["-1", "-1"],
      ])
        await withGigabytes(given, () =>
          assert.throws(() => new DiskCache("tokens"), {
            name: "InputError",
            message: `FROSTKIT_CACHE_GB: expected a number of at least 0, got ${got}`,
          }),
        );
    });
  });

  it("sweeps up what processes left unfinished that are gone, and nothing of those at work", async () => {
    mkdirSync(own.folder);
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const host = hostname().replace(/[^\w.-]/g, "");
    const [left, atWork] = [gone, process.ppid].map((pid) => join(own.folder, `unfinished.${host}-${pid}-0`));
    for (const path of [left, atWork]) writeFileSync(path, "half");
    await save(new DiskCache("tokens"), key, [1]);
    assert.deepEqual([existsSync(left), existsSync(atWork)], [false, true]);
  });

  it("serves several processes that write, read and let go the same entries at once: whole or not at all", async () => {
    const script = join(__dirname, "hammerCache.ts");
    const env = { ...process.env, FROSTKIT_CACHE_GB: "0.0005" }; // a third of what they write between them
    const children = [1, 2, 3].map((seed) =>
      spawn(process.execPath, ["--import", "tsx", script, String(seed)], { env, stdio: "pipe" }),
    );
    const outputs = await Promise.all(
      children.map(async (child) => {
        let text = "";
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
        const [code] = await once(child, "close");
        return { code, text };
      }),
    );
    let read = 0;
    for (const { code, text } of outputs) {
      const [, found] = /^found (\d+) wrong 0\n$/.exec(text) ?? [];
      assert.ok(code === 0 && found !== undefined, text);
      read += Number(found);
    }
    assert.ok(read > 0);
    const names = readdirSync(own.folder);
    assert.ok(names.length > 0 && names.every((name) => /^tokens-[0-9a-f]{64}$/.test(name)), names.join(" "));
    const bytes = own.entries().reduce((sum, path) => sum + statSync(path).size, 0);
    // Each process counts before it writes, so that each may go beyond by the entry it is at.
    assert.ok(bytes <= 500_000 + 3 * 60_056, `${bytes} bytes`);
    assert.equal(dirname(own.entries()[0]), own.folder);
  });
});

/** Makes one call of the file system fail; returns how often it was tried. */
function failing(
  t: TestContext,
  name: "openSync" | "readSync" | "writeSync" | "mkdirSync" | "renameSync" | "utimesSync",
  code: string,
): () => number {
  const mocked = t.mock.method(fs, name, () => {
    throw systemError(code);
  });
  return () => mocked.mock.callCount();
}
