import { createHash } from "node:crypto";
import { DamagedEntry, type Read } from "../files/cacheEntry";
import type { DiskCache } from "../files/DiskCache";
import { kitHash } from "../kitHash";
import { cutRows } from "./cutRows";
import { type Tokenizer, tokenizerHash } from "./loadTokenizer";
import type { TextDataset } from "./textDataset";
import type { Tokens } from "./tokenize";

/** Texts of fewer characters in all are tokenized sooner than looked up. */
const WORTH_CACHING = 2 ** 16;

/** The key of these texts' tokens in the cache: a hash of all that decides them; null where they are not worth caching. */
export function keyOfTokens(
  { texts, pairs }: TextDataset,
  tokenizer: Tokenizer,
  maxLength: number,
): string | null {
  const tokenizedBy = tokenizerHash(tokenizer);
  const characters = [texts, pairs ?? []].flat().reduce((sum, text) => sum + text.length, 0);
  if (tokenizedBy === null || characters < WORTH_CACHING) return null;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([kitHash(), tokenizedBy, maxLength, pairs !== null]));
  // As JSON, which keeps apart what UTF-8 does not: halves of surrogate pairs.
  for (const column of [texts, pairs ?? []])
    for (let row = 0; row < column.length; row += 1024)
      hash.update(JSON.stringify(column.slice(row, row + 1024)));
  return hash.digest("hex");
}

/*
 * Tokens on disk: rows, whether they have types, rows truncated (Int32); the rows' lengths (Int32); all ids (Int32); all types (Uint8,
 * which the segments 0 and 1 fit); 1 for each row that was cut, else 0 (Uint8).
 */

const total = (lengths: Int32Array) => lengths.reduce((sum, length) => sum + length, 0);

const bytesFor = (rows: number, tokens: number, hasTypes: boolean) =>
  4 * (3 + rows + tokens) + (hasTypes ? tokens : 0) + rows;

export function cacheTokens(
  cache: DiskCache,
  key: string,
  { inputIds, tokenTypeIds, truncated }: Tokens,
): Promise<void> {
  const lengths = Int32Array.from(inputIds, (ids) => ids.length);
  const tokens = total(lengths);
  return cache.save(key, bytesFor(lengths.length, tokens, tokenTypeIds !== null), (write) => {
    write(Int32Array.of(lengths.length, tokenTypeIds ? 1 : 0, truncated));
    write(lengths);
    write(joinRows(inputIds, new Int32Array(tokens)));
    if (tokenTypeIds) write(joinRows(tokenTypeIds, new Uint8Array(tokens)));
    write(Uint8Array.from(inputIds, (ids) => (cutRows.has(ids) ? 1 : 0)));
  });
}

/** For `DiskCache.load`: the tokens that `cacheTokens` wrote. */
export function readTokens(read: Read, bytes: number): Tokens {
  const [rows, hasTypes, truncated] = filled(new Int32Array(3), read);
  if (rows < 0 || 4 * rows > bytes) throw new DamagedEntry(`cannot hold ${rows} rows`);
  const lengths = filled(new Int32Array(rows), read);
  const tokens = total(lengths);
  if (lengths.some((length) => length < 0) || bytesFor(rows, tokens, hasTypes !== 0) !== bytes)
    throw new DamagedEntry(`cannot hold ${rows} rows of ${tokens} tokens`);
  const ids = filled(new Int32Array(tokens), read);
  const types = hasTypes ? Int32Array.from(filled(new Uint8Array(tokens), read)) : null;
  const inputIds = cut(ids, lengths);
  filled(new Uint8Array(rows), read).forEach((flag, row) => {
    if (flag) cutRows.add(inputIds[row]);
  });
  return { inputIds, tokenTypeIds: types && cut(types, lengths), truncated };
}

function filled<T extends Int32Array | Uint8Array>(array: T, read: Read): T {
  read(array);
  return array;
}

/** All rows one behind the other, in an array of their length. */
function joinRows<T extends Int32Array | Uint8Array>(rows: Int32Array[], into: T): T {
  let at = 0;
  for (const row of rows) {
    into.set(row, at);
    at += row.length;
  }
  return into;
}

/** Rows of their own, since one that is sent elsewhere takes its whole buffer along. */
function cut(values: Int32Array, lengths: Int32Array): Int32Array[] {
  let end = 0;
  return Array.from(lengths, (length) => {
    end += length;
    return values.slice(end - length, end);
  });
}
