import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, mock } from "node:test";
import { cacheTokens, keyOfTokens, readTokens } from "../../src/data/cachedTokens";
import { loadTokenizer, type Tokenizer, tokenizerHash } from "../../src/data/loadTokenizer";
import type { TextDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { DiskCache } from "../../src/files/DiskCache";
import { ownCache, withGigabytes } from "../ownCache";

const fixtures = join(__dirname, "../fixtures/tokenizer");
const folder = mkdtempSync(join(tmpdir(), "frostkit-tokenizer-"));
after(() => rmSync(folder, { recursive: true }));
let tokenizer: Tokenizer;
before(async () => {
  tokenizer = await loadTokenizer(join(fixtures, "bert-base-uncased"));
});

const words = ["Ice", "snow", "ünder", "the", "3rd", "frost-line", "🧊", "holds", "", "  "];
/** Enough text to be worth keeping, every row of its own length. */
const texts = Array.from({ length: 1200 }, (_, row) =>
  Array.from({ length: 3 + (row % 40) }, (_, i) => words[(row * 7 + i * i) % words.length]).join(" "),
);
const dataset = (more: Partial<TextDataset> = {}): TextDataset => ({
  source: "train.csv",
  texts,
  pairs: null,
  labels: { problemType: "regression", values: Float32Array.from(texts, (_, row) => row) },
  ids: null,
  ...more,
});
const twins = dataset({ pairs: [...texts].reverse() });

describe("tokens kept on disk", () => {
  const own = ownCache();

  it("are those that tokenizing gives: ids, types, rows cut, hash", async () => {
    for (const [name, data] of [
      ["bert-base-uncased", dataset()],
      ["bert-base-uncased", twins],
      ["byte-level-bpe", dataset()], // without types
      ["byte-level-bpe", twins],
    ] as const) {
      const given = await loadTokenizer(join(fixtures, name));
      const fresh = await withGigabytes("0", () => tokenize(data, given, { maxLength: 32 }));
      const first = await tokenize(data, given, { maxLength: 32 });
      const second = await tokenize(data, given, { maxLength: 32 });
      assert.deepEqual(first, fresh);
      assert.deepEqual(second, fresh);
      assert.ok(fresh.truncated > 0);
      assert.equal(fresh.tokenTypeIds === null, name === "byte-level-bpe");
    }
    assert.equal(own.entries().length, 4);
    assert.deepEqual(own.lines, []);
  });

  it("spare the tokenizer, in a later process too: progress goes from none to all at once", async () => {
    await tokenize(dataset(), tokenizer);
    const later = await loadTokenizer(join(fixtures, "bert-base-uncased"));
    const hash = tokenizerHash(later);
    assert.equal(hash, tokenizerHash(tokenizer));
    const seen: [number, number][] = [];
    const read = mock.method(DiskCache.prototype, "load");
    await tokenize(dataset(), later, { onProgress: (...progress) => seen.push(progress) });
    assert.deepEqual(seen, [
      [0, texts.length],
      [texts.length, texts.length],
    ]);
    assert.notEqual(await read.mock.calls[0].result, null);
    await assert.rejects(tokenize(dataset(), later, { signal: AbortSignal.abort(new Error("no more")) }), {
      message: "no more",
    });
  });

  it("do not go by labels, ids and the file the rows came from, which are no part of them", async () => {
    await tokenize(dataset(), tokenizer);
    const labels = { problemType: "regression", values: new Float32Array(texts.length) } as const;
    const other = await tokenize(dataset({ source: "b.csv", labels, ids: texts }), tokenizer);
    assert.equal(own.entries().length, 1);
    assert.equal(other.labels, labels);
    assert.notEqual(other.hash, (await tokenize(dataset(), tokenizer)).hash);
  });

  it("have a key that any other text, order, pair, length or tokenizer changes", async () => {
    const lone = (surrogate: string) => dataset({ texts: texts.with(5, `half ${surrogate}`) });
    const keys = [
      keyOfTokens(dataset(), tokenizer, 128),
      keyOfTokens(dataset(), tokenizer, 64),
      keyOfTokens(dataset({ texts: texts.with(1199, "x") }), tokenizer, 128),
      keyOfTokens(dataset({ texts: [texts[1], texts[0], ...texts.slice(2)] }), tokenizer, 128),
      keyOfTokens(dataset({ texts: texts.slice(1) }), tokenizer, 128),
      keyOfTokens(dataset({ texts: [texts[0] + texts[1], "", ...texts.slice(2)] }), tokenizer, 128),
      keyOfTokens(dataset({ pairs: texts.map(() => "") }), tokenizer, 128),
      keyOfTokens(twins, tokenizer, 128),
      keyOfTokens(dataset({ texts: twins.pairs!, pairs: texts }), tokenizer, 128),
      // In UTF-8 both are the same replacement character.
      keyOfTokens(lone("\ud800"), tokenizer, 128),
      keyOfTokens(lone("\udfff"), tokenizer, 128),
      keyOfTokens(dataset(), await loadTokenizer(join(fixtures, "byte-level-bpe")), 128),
    ];
    for (const key of keys) assert.match(key!, /^[0-9a-f]{64}$/);
    assert.equal(new Set(keys).size, keys.length);
  });

  it("go by every file of the tokenizer, wherever it lies", async () => {
    const hashOf = async (name: string, change?: (folder: string) => void) => {
      const path = join(folder, name);
      cpSync(join(fixtures, "byte-level-bpe"), path, { recursive: true });
      change?.(path);
      return tokenizerHash(await loadTokenizer(path));
    };
    const edit = (file: string, from: string, to: string) => (folder: string) => {
      const text = readFileSync(join(folder, file), "utf8");
      assert.ok(text.includes(from));
      writeFileSync(join(folder, file), text.replace(from, to));
    };
    const hash = await hashOf("a");
    assert.equal(await hashOf("b"), hash);
    const others = [
      await hashOf("c", edit("tokenizer.json", "\n", "\n ")),
      await hashOf("d", edit("tokenizer_config.json", "{", '{ "truncation_side": "left",')),
      await hashOf("e", (folder) => writeFileSync(join(folder, "config.json"), '{ "type_vocab_size": 2 }')),
      await hashOf("f", (folder) => writeFileSync(join(folder, "special_tokens_map.json"), "{}")),
    ];
    assert.equal(new Set([hash, ...others]).size, 5);
  });

  it("are not kept for a tokenizer of the caller's own, or one that is dressed up as another", async () => {
    const shouting: Tokenizer = {
      ...tokenizer,
      encode: (text, ...rest) => tokenizer.encode(text.toUpperCase(), ...rest),
    };
    assert.equal(tokenizerHash({ ...tokenizer }), tokenizerHash(tokenizer));
    assert.equal(tokenizerHash(shouting), null);
    await tokenize(dataset(), tokenizer);
    await tokenize(dataset(), shouting);
    assert.equal(own.entries().length, 1);
  });

  it("are not kept of a few texts, which take no time", async () => {
    assert.equal(keyOfTokens(dataset({ texts: texts.slice(0, 20) }), tokenizer, 128), null);
    await tokenize(dataset({ texts: texts.slice(0, 20), labels: null }), tokenizer);
    assert.throws(() => own.entries(), { code: "ENOENT" });
  });

  it("are made again where they are damaged, with one line, and kept again", async () => {
    const good = await tokenize(dataset(), tokenizer);
    const [path] = own.entries();
    const bytes = readFileSync(path);
    for (const damage of [
      () => truncateSync(path, 1000),
      () => writeFileSync(path, Buffer.from(bytes).fill(0xff, 56, 60)), // rows: -1
      () => writeFileSync(path, Buffer.from(bytes).fill(0x7f, 56, 60)), // rows: two thousand million
      () => writeFileSync(path, Buffer.from(bytes).fill(0xff, 70, 72)), // a row's length below 0
      () => writeFileSync(path, Buffer.from(bytes).fill(0, 60, 61)), // the types left out
      () => writeFileSync(path, Buffer.from(bytes).fill(1, bytes.length - 1)),
    ]) {
      own.lines.length = 0;
      damage();
      assert.deepEqual(await tokenize(dataset(), tokenizer), good);
      assert.equal(own.lines.length, 1, own.lines.join("\n"));
      assert.equal(statSync(path).size, bytes.length);
      assert.ok(readFileSync(path).equals(bytes));
    }
  });

  it("that another kit had written in another way would be damaged, not misread", async () => {
    const cache = new DiskCache("tokens");
    const key = "0".repeat(64);
    await cache.save(key, 24, (write) => write(Int32Array.of(2, 0, 0, 1, 1, 101)));
    assert.equal(await cache.load(key, readTokens), null);
    assert.match(own.lines[0], /cannot hold 2 rows of 2 tokens; what it held is computed again$/);
    await cacheTokens(cache, key, {
      inputIds: [Int32Array.of(101), Int32Array.of(102, 103)],
      tokenTypeIds: [Int32Array.of(0), Int32Array.of(0, 1)],
      truncated: 1,
    });
    assert.deepEqual(await cache.load(key, readTokens), {
      inputIds: [Int32Array.of(101), Int32Array.of(102, 103)],
      tokenTypeIds: [Int32Array.of(0), Int32Array.of(0, 1)],
      truncated: 1,
    });
  });

  it("are rows of their own, each with a buffer of its own size", async () => {
    for (const _ of [1, 2]) {
      const { inputIds } = await tokenize(dataset(), tokenizer);
      assert.ok(inputIds.every((ids) => ids.buffer.byteLength === 4 * ids.length));
    }
  });
});
