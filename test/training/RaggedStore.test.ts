import assert from "node:assert/strict";
import fs, {
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { RaggedStore } from "../../src/training/RaggedStore";

/** Where a link leads; nowhere where it is gone by now. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

describe("RaggedStore", () => {
  const { FROSTKIT_CACHE } = process.env;
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
    process.env.FROSTKIT_CACHE = folder;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (FROSTKIT_CACHE === undefined) delete process.env.FROSTKIT_CACHE;
    else process.env.FROSTKIT_CACHE = FROSTKIT_CACHE;
  });

  const row = (length: number, first: number) => Float32Array.from({ length }, (_, i) => first + i);
  const read = (store: RaggedStore, number: number) => {
    const into = new Float32Array(8).fill(-1);
    const length = store.read(number, into, 2);
    return [...into.subarray(2, 2 + length)];
  };

  it("keeps rows of any length in memory while the budget lasts", () => {
    const store = new RaggedStore({ bytes: 100 });
    store.put(3, row(2, 10));
    store.put(0, row(4, 20));
    assert.deepEqual(read(store, 3), [10, 11]);
    assert.deepEqual(read(store, 0), [20, 21, 22, 23]);
    assert.deepEqual(store.bytes, { memory: 24, disk: 0 });
    assert.deepEqual(readdirSync(folder), []);
  });

  for (const [half, step, larger, largest] of [
    ["bf16", 2 ** -8, 258, 3.4e38],
    ["fp16", 2 ** -11, 257.5, 65520],
  ] as const)
    it(`rounds to ${half} where that is asked for, in memory and on disk, and takes half the room`, () => {
      const store = new RaggedStore({ bytes: 4 }, { half });
      store.put(0, Float32Array.of(1, 1 + step));
      store.put(1, Float32Array.of(-3.5, 257.5, 0));
      assert.deepEqual(store.bytes, { memory: 4, disk: 6 });
      assert.deepEqual(read(store, 0), [1, 1]);
      assert.deepEqual(read(store, 1), [-3.5, larger, 0]);
      assert.throws(() => store.put(2, Float32Array.of(largest)), {
        name: "FrostError",
        message: new RegExp(`too large for ${half}`),
      });
      store.dispose();
    });

  it("goes on in a file beyond the budget, which no kill leaves behind, since it has no name any more", {
    skip: process.platform === "win32" && "an open file cannot be removed there",
  }, () => {
    const budget = { bytes: 20 };
    const store = new RaggedStore(budget);
    for (let i = 0; i < 4; i++) store.put(i, row(4 - i, 10 * i));
    assert.deepEqual(store.bytes, { memory: 20, disk: 20 });
    assert.deepEqual(readdirSync(folder), []);
    for (const i of [2, 0, 3, 1, 1]) assert.deepEqual(read(store, i), [...row(4 - i, 10 * i)]);
    store.dispose();
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(budget.bytes, 20);
  });

  it("shares one budget with other stores", () => {
    const budget = { bytes: 16 };
    const [a, b] = [new RaggedStore(budget), new RaggedStore(budget)];
    a.put(0, row(3, 0));
    b.put(0, row(3, 0));
    assert.equal(b.bytes.disk, 12);
    a.dispose();
    b.put(1, row(3, 5));
    assert.equal(b.bytes.memory, 12);
    b.dispose();
  });

  it("keeps a row as it is, part of a larger array or not, where that is to be its own", () => {
    const array = row(6, 0);
    for (const bytes of [100, 0]) {
      const store = new RaggedStore({ bytes });
      store.put(0, array.subarray(1, 4), { own: true });
      store.put(1, array.subarray(4), { own: true });
      assert.deepEqual(
        [read(store, 0), read(store, 1)],
        [
          [1, 2, 3],
          [4, 5],
        ],
      );
      assert.deepEqual([...store.stored(0)], [1, 2, 3]);
      assert.equal(store.stored(0).buffer === array.buffer, bytes > 0);
      assert.deepEqual(store.bytes, bytes > 0 ? { memory: 20, disk: 0 } : { memory: 0, disk: 20 });
      store.dispose();
    }
  });

  it("keeps its own copy of what it was given", () => {
    const store = new RaggedStore({ bytes: 100 });
    const values = row(2, 1);
    store.put(0, values);
    values.fill(0);
    assert.deepEqual(read(store, 0), [1, 2]);
  });

  for (const half of [null, "bf16", "fp16"] as const)
    it(`hands rows on as they are stored, ${half ? `in ${half}` : "in full"}, from memory and from disk`, () => {
      const from = new RaggedStore({ bytes: 8 }, { half });
      from.put(0, row(3, 1.5));
      from.put(1, row(2, -7));
      assert.ok(from.bytes.memory > 0 && from.bytes.disk > 0);
      const to = new RaggedStore({ bytes: 100 }, { half });
      for (const i of [1, 0]) {
        const stored = from.stored(i);
        const empty = to.emptyRow(stored.length);
        assert.equal(empty.constructor, stored.constructor);
        empty.set(stored);
        to.putStored(i, empty);
        assert.deepEqual(read(to, i), read(from, i));
      }
      assert.deepEqual(to.bytes, { memory: half ? 10 : 20, disk: 0 });
      from.dispose();
      to.dispose();
    });

  it("makes the folder that FROSTKIT_CACHE names where it is not there yet", () => {
    process.env.FROSTKIT_CACHE = join(folder, "new", "disk");
    const store = new RaggedStore({ bytes: 0 });
    store.put(0, row(1, 4));
    assert.ok(existsSync(join(folder, "new", "disk")));
    assert.deepEqual(read(store, 0), [4]);
    store.dispose();
  });

  it("says so when its file was cut", {
    skip: process.platform !== "linux" && "only Linux tells of a file without a name",
  }, () => {
    const store = new RaggedStore({ bytes: 0 });
    store.put(0, row(4, 1));
    const open = readdirSync("/proc/self/fd")
      .map((name) => join("/proc/self/fd", name))
      .find((path) => linkOf(path).startsWith(join(folder, "frostkit-features.")))!;
    truncateSync(open, 6);
    assert.throws(() => read(store, 0), { name: "FrostError", message: /file of features ends early/ });
    store.dispose();
  });

  it("keeps its file by name where an open one cannot be removed, and takes it away with the store", (t) => {
    t.mock.method(fs, "rmSync", () => {
      throw Object.assign(new Error("busy"), { code: "EBUSY" });
    });
    const store = new RaggedStore({ bytes: 0 });
    store.put(0, row(3, 1));
    assert.equal(readdirSync(folder).length, 1);
    t.mock.restoreAll();
    assert.deepEqual(read(store, 0), [1, 2, 3]);
    store.dispose();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("takes away what a process left that was killed before its file had lost its name", () => {
    const host = hostname().replace(/[^\w.-]/g, "");
    writeFileSync(join(folder, `frostkit-features.${host}-999999999-0.tmp`), "rows");
    writeFileSync(join(folder, "frostkit-features.csv"), "mine");
    const store = new RaggedStore({ bytes: 0 });
    store.put(0, row(3, 1));
    assert.deepEqual(readdirSync(folder), ["frostkit-features.csv"]);
    store.dispose();
  });
});
