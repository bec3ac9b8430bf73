import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { shown } from "../check";
import { InputError } from "../errors";
import { DiskCache } from "../files/DiskCache";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import type { TrainedOn } from "../options/TrainedOn";
import { cacheTokens, keyOfTokens, readTokens } from "./cachedTokens";
import { countCut, cutRows } from "./cutRows";
import { keysOf } from "./keysOf";
import type { Tokenizer } from "./loadTokenizer";
import { rowKeys } from "./rowKeys";
import { rowTexts } from "./rowTexts";
import { sourceName } from "./sourceName";
import { TextRows } from "./TextRows";
import type { Labels, TextDataset } from "./textDataset";

/** A dataset as the model reads it, one row after the other, without padding. */
export interface EncodedDataset {
  /** Token ids of each row, special tokens in. */
  inputIds: Int32Array[];
  /** Segments of each row, or null for tokenizers without them. */
  tokenTypeIds: Int32Array[] | null;
  /** null for rows to predict. */
  labels: Labels | null;
  /** Rows that lost tokens to `maxLength`. */
  truncated: number;
  /** The limit the rows were cut to, in tokens. */
  maxLength: number;
  /** Which columns the rows came from, and the limit; left out of rows that came from elsewhere. */
  readAs?: TrainedOn;
  /** The id that fills shorter rows of a batch. */
  padTokenId: number;
  /**
   * SHA-256 over ids, segments and labels, in hex: equal data, equal hash. A copy with other rows still carries it, so the kit goes by
   * the rows themselves; `takeRows` gives its own.
   */
  hash: string;
}

/** How long the event loop may wait for its turn: short enough for a progress bar and an interrupt. */
const TURN_MILLISECONDS = 20;

/**
 * Tokenizes every row, cutting it to `maxLength` tokens (for pairs from the longer text first). The tokens are cached on disk, so
 * that the same texts are read from there the next time: see `DiskCache`.
 *
 * @throws whatever the signal was aborted with; InputError for a `maxLength` without room for text
 * @example
 * ```ts
 * const encoded = await tokenize(dataset, await loadTokenizer(folder), { maxLength: 64 });
 * console.log(`${encoded.truncated} of ${encoded.inputIds.length} rows truncated`);
 * ```
 */
export async function tokenize(
  dataset: TextDataset,
  tokenizer: Tokenizer,
  options: TokenizeOptions = {},
): Promise<EncodedDataset> {
  const { maxLength: asked, ...progress } = readOptions("tokenize", options);
  checkArguments("tokenize", { dataset, tokenizer });
  checkTexts(dataset);
  const maxLength = asked ?? defaultMaxLength(tokenizer);
  const { labels } = dataset;
  const cache = new DiskCache("tokens");
  const key = cache.on ? keyOfTokens(dataset, tokenizer, maxLength) : null;
  let tokens = key && (await cache.load(key, readTokens));
  if (tokens) {
    progress.signal?.throwIfAborted();
    progress.onProgress?.(0, tokens.inputIds.length);
    progress.onProgress?.(tokens.inputIds.length, tokens.inputIds.length);
  } else {
    tokens = await encodeRows(dataset, tokenizer, maxLength, progress);
    if (key) await cacheTokens(cache, key, tokens);
  }
  const texts = keysOf(dataset);
  tokens.inputIds.forEach((ids, row) => {
    if (cutRows.has(ids)) rowKeys.set(ids, createHash("sha1").update(texts[row]).digest("base64"));
    const { texts: firsts, pairs } = dataset;
    rowTexts.set(ids, pairs ? `${firsts[row]}\n${pairs[row]}` : firsts[row]);
  });
  const encoded = new TextRows({
    ...tokens,
    labels,
    maxLength,
    ...(dataset.columns && { readAs: { ...dataset.columns, maxLength } }),
    padTokenId: tokenizer.padTokenId,
    hash: "",
  });
  return encoded.hashed();
}

/**
 * The tokens a text has at most unless more or less is asked for: what the model was trained on where its folder says so, else 128; and no
 * more than the model beside the tokenizer takes.
 */
export const defaultMaxLength = ({ maxSeqLength, modelMaxLength, maxTokens }: Tokenizer): number =>
  Math.min(maxSeqLength ?? 128, modelMaxLength, maxTokens ?? Number.POSITIVE_INFINITY);

type Progress = Pick<TokenizeOptions, "signal" | "onProgress">;

/** How texts are tokenized. */
export interface TokenizeOptions {
  /**
   * Longer texts are cut to this many tokens, special tokens counted. Default: what the model was trained on by the kit, or its
   * `sentence_bert_config.json` says, else 128, and no more than the model takes.
   */
  maxLength?: number;
  /** Stops between two rows. */
  signal?: AbortSignal;
  /** Told how many rows of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

/** What the texts alone make of a dataset. */
export type Tokens = Pick<EncodedDataset, "inputIds" | "tokenTypeIds" | "truncated">;

/** No model reads a thousandth of it, and several pieces of a longer text would not fit into one string or list. */
const LONGEST_TEXT = 10_000_000;

/** Throws where rows made by hand hold something else than texts, or a cell is no text that anybody wrote. */
function checkTexts({ texts, pairs, source }: TextDataset): void {
  for (const [what, column] of [
    ["a text", texts],
    ["a second text", pairs ?? []],
  ] as const) {
    const row = column.findIndex((text) => typeof text !== "string");
    if (row >= 0)
      throw new InputError(
        `${sourceName(source, "texts")}, row ${row + 1}: expected ${what}, got ${shown(column[row])}`,
      );
    const long = column.findIndex(({ length }) => length > LONGEST_TEXT);
    if (long >= 0)
      throw new InputError(
        `${sourceName(source, "texts")}, row ${long + 1}: expected ${what} of at most ${LONGEST_TEXT} characters, got ${column[long].length}; is a quote never closed?`,
      );
  }
}

async function encodeRows(
  { texts, pairs, source }: TextDataset,
  tokenizer: Tokenizer,
  maxLength: number,
  { signal, onProgress }: Progress,
): Promise<Tokens> {
  const inputIds: Int32Array[] = [];
  const types: (Int32Array | null)[] = [];
  let turn = performance.now();
  for (let row = 0; row < texts.length; row++) {
    if (performance.now() - turn > TURN_MILLISECONDS || row === 0) {
      onProgress?.(row, texts.length);
      await setImmediate();
      signal?.throwIfAborted();
      turn = performance.now();
    }
    const encoding = tokenizer.encode(texts[row], pairs?.[row], maxLength);
    if (encoding.inputIds.length === 0)
      throw new InputError(
        `${sourceName(source, "texts")}, row ${row + 1}: expected a text, got none, and the tokenizer adds no special tokens`,
      );
    inputIds.push(encoding.inputIds);
    types.push(encoding.tokenTypeIds);
    if (encoding.truncated) cutRows.add(encoding.inputIds);
  }
  onProgress?.(texts.length, texts.length);
  return {
    inputIds,
    tokenTypeIds: types.includes(null) ? null : (types as Int32Array[]),
    truncated: countCut(inputIds),
  };
}
