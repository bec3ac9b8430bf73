import { setImmediate } from "node:timers/promises";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { formatCount } from "../text/numbers";
import { visibly } from "../text/visibly";
import { pieceReader, type Tokenizer } from "./loadTokenizer";
import { rowTexts } from "./rowTexts";
import type { EncodedTokens } from "./TokenWindows";
import { TokenWindows, type WordPlaces } from "./TokenWindows";
import type { TokenSpan, TokenTexts } from "./tokenDataset";
import { defaultMaxLength } from "./tokenize";
import { foundWords, givenWords, type ReadWord } from "./wordsOf";

/** How texts are cut into windows of tokens. */
export interface TokenizeWordsOptions {
  /**
   * Tokens of a window at most, special tokens counted; a longer text is read in several that overlap. Default: what the model
   * was trained on by the kit, or its `sentence_bert_config.json` says, else 128, and no more than the model takes.
   */
  maxLength?: number;
  /** Tokens that two windows of a text share at least. Default: a quarter of a window. */
  stride?: number;
  /** Stops between two rows. */
  signal?: AbortSignal;
  /** Told how many rows of how many are done. */
  onProgress?: (done: number, total: number) => void;
  /** Takes a line on labelled parts that no word's borders meet. Default: console.info. */
  log?: (line: string) => void;
}

/** How long the event loop may wait for its turn. */
const TURN_MILLISECONDS = 20;

/**
 * Tokenizes texts whose words are to be told apart. Each word is told by its first token, as Transformers' `run_ner` labels it. A long text is
 * read in overlapping windows, and each word is trained on and predicted in one of them alone, in which it has most context.
 *
 * A text without given words is cut into words of letters and digits, single letters of scripts without spaces, and single other characters; a word belongs to a labelled part
 * where both overlap.
 *
 * @throws whatever the signal was aborted with; InputError for a tokenizer of another make, or a window without room for words
 * @example
 * ```ts
 * const table: Table = { path: "a cell", columns: ["text"], rows: [{ text: "Ada lives in Paris." }] };
 * const encoded = await tokenizeWords(tokenDataset(table), tokenizer, { maxLength: 64 });
 * console.log(encoded.inputIds.length, encoded.words[0].starts); // 1 Int32Array(5) [ 0, 4, 10, 13, 18 ]
 * ```
 */
export async function tokenizeWords(
  dataset: TokenTexts,
  tokenizer: Tokenizer,
  options: TokenizeWordsOptions = {},
): Promise<EncodedTokens> {
  const {
    maxLength: asked,
    stride: overlap,
    signal,
    onProgress,
    log = console.info,
  } = readOptions("tokenizeWords", options);
  checkArguments("tokenizeWords", { dataset, tokenizer });
  if (!Array.isArray(dataset.classes) || dataset.words === undefined)
    throw new InputError(
      "tokenizeWords: dataset: expected texts as tokenDataset gives them, got others; tokenize takes those of textDataset",
    );
  const reader = pieceReader(tokenizer);
  const maxLength = asked ?? defaultMaxLength(tokenizer);
  const room = maxLength - reader.special;
  const stride = overlap ?? Math.floor(room / 4);
  if (room < 1) throw new InputError(`maxLength: expected at least ${reader.special + 1}, got ${maxLength}`);
  if (stride >= room)
    throw new InputError(
      `stride: expected fewer than the ${room} tokens of text that a window of ${maxLength} holds, got ${stride}`,
    );
  const { texts, words: given, classes } = dataset;
  const known = dataset.tags !== null || dataset.spans !== null;
  const index = new Map(classes.map((name, id) => [name, id]));
  const inputIds: Int32Array[] = [];
  const types: (Int32Array | null)[] = [];
  const places: Int32Array[] = [];
  const words: WordPlaces[] = [];
  const ids: number[] = [];
  const sequences = new Int32Array(texts.length);
  const fits: Fits = { parts: 0, lost: 0, withinWord: 0 };
  let told = 0;
  let turn = performance.now();
  for (const [row, text] of texts.entries()) {
    if (performance.now() - turn > TURN_MILLISECONDS || row === 0) {
      onProgress?.(row, texts.length);
      await setImmediate();
      signal?.throwIfAborted();
      turn = performance.now();
    }
    const read = given ? givenWords(reader, text, given[row]) : foundWords(reader, text);
    const tags = known ? (dataset.tags?.[row] ?? bioTags(read, dataset.spans![row], fits)) : null;
    const numbers = Int32Array.from(read, (word) => (word.ids.length > 0 ? told++ : -1));
    read.forEach((_, w) => {
      if (!tags || numbers[w] < 0) return;
      const id = index.get(tags[w]);
      if (id === undefined)
        throw new InputError(
          `${dataset.source}, row ${row + 1}: expected a tag of the classes ${classes.join(", ")}, got ${JSON.stringify(tags[w])}`,
        );
      ids.push(id);
    });
    sequences[row] = numbers.filter((number) => number >= 0).length;
    words.push({
      text,
      starts: Int32Array.from(read, ({ start }) => start),
      ends: Int32Array.from(read, ({ end }) => end),
      numbers,
    });
    for (const window of windowsOf(read, room, stride)) {
      const framed = reader.frame(window.ids);
      inputIds.push(framed.inputIds);
      types.push(framed.tokenTypeIds);
      places.push(Int32Array.from(window.places, (place) => place + reader.before));
      rowTexts.set(framed.inputIds, text);
    }
  }
  onProgress?.(texts.length, texts.length);
  const remark = remarkOn(fits);
  if (remark !== null) visibly(log)(`${dataset.source}: ${remark}`);
  return new TokenWindows({
    inputIds,
    tokenTypeIds: types.includes(null) ? null : (types as Int32Array[]),
    labels: known
      ? { problemType: "single_label_classification", classes, ids: Int32Array.from(ids), sequences }
      : null,
    truncated: 0,
    maxLength,
    ...(dataset.columns && { readAs: { ...dataset.columns, maxLength } }),
    padTokenId: tokenizer.padTokenId,
    places,
    words,
    hash: "",
  }).hashed();
}

/** How many labelled parts there are, how many have no word, and how many of the others begin or end within one. */
interface Fits {
  parts: number;
  lost: number;
  withinWord: number;
}

/** The tags of words by labelled parts: "B-" for the first word of each, "I-" for those behind it. Counts in `fits` how both meet. */
function bioTags(words: readonly ReadWord[], spans: readonly TokenSpan[], fits: Fits): string[] {
  let at = 0;
  const begun = new Set<number>();
  const tags = words.map(({ start, end }) => {
    while (at < spans.length && spans[at].end <= start) at++;
    const span = spans[at];
    if (!span || span.start >= end) return "O";
    const tag = `${begun.has(at) ? "I" : "B"}-${span.label}`;
    begun.add(at);
    return tag;
  });
  const isWithin = (place: number) => words.some(({ start, end }) => start < place && place < end);
  fits.parts += spans.length;
  fits.lost += spans.length - begun.size;
  fits.withinWord += spans.filter(
    (span, i) => begun.has(i) && (isWithin(span.start) || isWithin(span.end)),
  ).length;
  return tags;
}

/** What is said of labelled parts whose borders are not those of words; null where all are. */
function remarkOn({ parts, lost, withinWord }: Fits): string | null {
  const said = [
    ...(lost > 0 ? [`${formatCount(lost)} left out for want of a word of its own`] : []),
    ...(withinWord > 0
      ? [`${formatCount(withinWord)} that begin or end within a word read with the whole of it`]
      : []),
  ];
  return said.length === 0 ? null : `of ${formatCount(parts)} labelled parts, ${said.join(", ")}`;
}

/** Tokens of a window, and where in it words begin that are told from it. */
interface Window {
  ids: number[];
  places: number[];
}

/** Cuts the tokens of a text into windows of `room` that share `stride` tokens or more; each word is told from that in which its first token is farthest from a cut. */
function windowsOf(words: readonly ReadWord[], room: number, stride: number): Window[] {
  const ids = words.flatMap((word) => word.ids);
  const starts: number[] = [0];
  while (starts.at(-1)! + room < ids.length)
    starts.push(Math.min(starts.at(-1)! + room - stride, ids.length - room));
  const windows = starts.map((start) => ({
    start,
    ids: ids.slice(start, start + room),
    places: [] as number[],
  }));
  let token = 0;
  for (const { ids: own } of words) {
    if (own.length === 0) continue;
    let best = windows[0];
    let most = -1;
    for (const window of windows) {
      const before = window.start === 0 ? Infinity : token - window.start;
      const end = window.start + window.ids.length;
      const behind = end === ids.length ? Infinity : end - 1 - token;
      const context = Math.min(before, behind);
      if (context > most) [best, most] = [window, context];
    }
    best.places.push(token - best.start);
    token += own.length;
  }
  return windows.filter(({ places }) => places.length > 0);
}
