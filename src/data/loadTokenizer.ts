import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { maxTokensOf } from "../checkpoint/maxTokensOf";
import { configFile } from "../checkpoint/modelFiles";
import { refuseFile } from "../checkpoint/refuseFile";
import { refuseParent } from "../checkpoint/refuseParent";
import { readMaxSeqLength } from "../checkpoint/sentenceTransformers";
import { FrostError, InputError } from "../errors";
import { visible } from "../freeze";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { reasonOf } from "../text/oneLine";
import { keepLongestFirst } from "./keepLongestFirst";
import { loadTransformers } from "./loadTransformers";
import { type BuiltTokenizer, buildTokenizer } from "./tokenizer/buildTokenizer";
import { fillTemplate, readTemplate } from "./tokenizer/inputTemplate";
import { ownPatterns } from "./tokenizer/ownPatterns";
import type { TokenPiece } from "./tokenizer/pieces";
import { tokenizerContents } from "./tokenizer/tokenizerContents";
import { tokenReader } from "./tokenizer/tokenReader";
import { withinSeconds } from "./tokenizer/withinSeconds";

/** One text, or a pair of them, as a model reads it: special tokens in, no padding. */
export interface Encoding {
  /** Token ids, special tokens in. */
  inputIds: Int32Array;
  /** For each token 0 for the first text, 1 for the second; null where the model has no segments. */
  tokenTypeIds: Int32Array | null;
  /** Whether tokens were left out to keep to `maxLength`. */
  truncated: boolean;
}

/** A thin wrapper around Transformers.js's tokenizer: what fine-tuning needs of it, with ids equal to Python's. */
export interface Tokenizer {
  /** The files it was read from; copied beside a fine-tuned model they make it whole. */
  readonly files: string[];
  /** The id of the padding token. */
  readonly padTokenId: number;
  /** Ids are below this. */
  readonly vocabSize: number;
  /** The longest input its `tokenizer_config.json` speaks of, Infinity where it does not. */
  readonly modelMaxLength: number;
  /** How many tokens sentence-transformers gave the model at most, by its `sentence_bert_config.json`; null where no such file says. */
  readonly maxSeqLength?: number | null;
  /** The longest text that the model beside it has positions for, Infinity where these end nowhere; null where its config is not known. */
  readonly maxTokens?: number | null;
  /**
   * @param pair a second text; an empty one is still a second text
   * @param maxLength tokens at most, special tokens counted; tokens are then left out as by Transformers' `longest_first`
   * @throws InputError when `maxLength` has no room for a single token of text
   */
  encode(text: string, pair?: string | null, maxLength?: number): Encoding;
}

/**
 * Loads the tokenizer of a model's folder, with the ids that Python's AutoTokenizer gives: from `tokenizer.json` and what stands
 * beside it, or from the vocabulary alone, be it `vocab.txt`, `vocab.json` with `merges.txt`, or a SentencePiece model (`spm.model`,
 * `spiece.model`, `sentencepiece.bpe.model`). Nothing is fetched.
 *
 * @throws InputError naming the folder and what it lacks, or what of it would be read otherwise than in Python
 * @example
 * ```ts
 * const tokenizer = await loadTokenizer("data/all-MiniLM-L6-v2");
 * tokenizer.encode("How are you doing?").inputIds; // [101, 2129, 2024, 2017, 2725, 1029, 102]
 * ```
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer>;
export async function loadTokenizer(folder: string, ...more: unknown[]): Promise<Tokenizer> {
  noOptions("loadTokenizer", more);
  checkArguments("loadTokenizer", { folder });
  if (!existsSync(folder)) throw new InputError(`${folder}: expected a model's folder, got no such folder`);
  if (!statSync(folder).isDirectory()) refuseFile(folder);
  const contents = tokenizerContents(folder);
  if (contents.size === 0) refuseParent(folder);
  const built = await buildTokenizer(folder, contents).catch((error) => misfit(folder, error));
  const { json, truncationSide, hasTypes } = built;
  const { read, pieces, vocabSize } = await tokenReader(folder, built).catch((error) =>
    misfit(folder, error),
  );
  const [patterns, single, double, pad] = understood(folder, () => [
    ownPatterns(json),
    readTemplate(json.post_processor, false),
    readTemplate(json.post_processor, true),
    padToken(folder, built),
  ]);
  for (const note of built.notes) console.warn(`frostkit: ${visible(note)}`);
  const tokenizer: Tokenizer = {
    files: [...contents.keys()].filter((name) => name !== configFile).map((name) => join(folder, name)),
    padTokenId: pad,
    modelMaxLength: built.modelMaxLength,
    maxSeqLength: readMaxSeqLength(folder),
    maxTokens: maxTokensOf(contents.get(configFile)),
    vocabSize,
    encode(text, pair = null, maxLength = Number.POSITIVE_INFINITY) {
      checkArguments("tokenizer.encode", { text, pair, maxLength });
      const template = pair === null ? single : double;
      const texts = pair === null ? [text] : [text, pair];
      const room = maxLength - (template.length - texts.length);
      if (!(room >= 1))
        throw new InputError(
          `maxLength: expected at least ${template.length - texts.length + 1}, got ${maxLength}`,
        );
      const fromEnd = truncationSide === "left";
      const readAll = () => understood(folder, () => texts.map((each) => read(each, maxLength, fromEnd)));
      const tokens =
        patterns.length === 0
          ? readAll()
          : withinSeconds(LONGEST_SECONDS, readAll, () => endless(folder, patterns, texts));
      const ids = tokens.map((each) => each.ids);
      const kept = keepLongestFirst(ids, room, fromEnd);
      return {
        ...fillTemplate(template, kept, hasTypes),
        truncated: tokens.some(({ whole }, i) => !whole || kept[i].length < ids[i].length),
      };
    },
  };
  hashes.set(tokenizer.encode, await hashOf(contents));
  const slot = single.findIndex(({ text }) => text === 0);
  readers.set(tokenizer.encode, {
    before: slot,
    special: single.length - 1,
    frame: (ids) => fillTemplate(single, [ids], hasTypes),
    pieces: (text) =>
      patterns.length === 0
        ? understood(folder, () => pieces(text))
        : withinSeconds(
            LONGEST_SECONDS,
            () => understood(folder, () => pieces(text)),
            () => endless(folder, patterns, [text]),
          ),
  });
  return tokenizer;
}

/** What `read` gives; where the files are none that fit together, so that whatever reads them fails, the error names their folder. */
function understood<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return misfit(folder, error);
  }
}

function misfit(folder: string, error: unknown): never {
  if (error instanceof InputError && !error.message.includes(folder))
    throw new InputError(`${folder}: ${error.message}`, { cause: error });
  if (error instanceof FrostError) throw error;
  throw new InputError(
    `${folder}: expected a tokenizer's files, got some that do not fit together: ${reasonOf(error)}`,
    {
      cause: error,
    },
  );
}

/** What else is read of texts whose tokens are told apart. */
export interface PieceReader {
  /** Special tokens in front of a text's, and in all. */
  before: number;
  special: number;
  /** Puts special tokens around those of a text. */
  frame(ids: number[]): Omit<Encoding, "truncated">;
  /** All tokens of a text, each with the part of it that it stands for. */
  pieces(text: string): TokenPiece[];
}

const readers = new WeakMap<Tokenizer["encode"], PieceReader>();

/** Reads texts token by token. Throws an InputError for a tokenizer that `loadTokenizer` did not make. */
export function pieceReader({ encode }: Tokenizer): PieceReader {
  const reader = readers.get(encode);
  if (!reader)
    throw new InputError(
      "tokenizer: expected one that loadTokenizer gave, which knows where tokens stand, got another",
    );
  return reader;
}

// By the function: another one that is put in its place must not find the tokens of this one in the cache.
const hashes = new WeakMap<Tokenizer["encode"], string>();

/** SHA-256 over all that decides what its `encode` gives, but the kit's own code; null for one that `loadTokenizer` did not make. */
export const tokenizerHash = ({ encode }: Tokenizer): string | null => hashes.get(encode) ?? null;

/** A text of a few hundred tokens takes a thousandth of it. */
const LONGEST_SECONDS = 10;

const endless = (folder: string, patterns: string[], texts: string[]) =>
  new InputError(
    `${folder}/tokenizer.json: expected a text tokenized within ${LONGEST_SECONDS} s, got none of ${JSON.stringify(texts.join(" ").slice(0, 60))}: ` +
      `its expressions ${patterns.map((pattern) => JSON.stringify(pattern.slice(0, 60))).join(", ")} do not end on it`,
  );

async function hashOf(contents: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const { env } = await loadTransformers();
  // Node brings the tables of Unicode that texts are normalised and split by.
  const hash = createHash("sha256").update(JSON.stringify([env.version, process.version]));
  for (const [name, bytes] of contents) hash.update(JSON.stringify([name, bytes.length])).update(bytes);
  return hash.digest("hex");
}

/** The token that files and class name; without one the usual names are tried. */
function padToken(folder: string, { added, padToken }: BuiltTokenizer): number {
  const ids = [padToken, "[PAD]", "<pad>"].map((token) =>
    token === undefined ? undefined : added.idOf(token),
  );
  const id = ids.find((id) => id !== undefined);
  if (id === undefined)
    throw new InputError(
      `${folder}: expected a padding token; name it as "pad_token" in tokenizer_config.json`,
    );
  return id;
}
