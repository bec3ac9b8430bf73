import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { PreTrainedTokenizer } from "@huggingface/transformers";
import { readMaxSeqLength } from "../checkpoint/sentenceTransformers";
import { InputError } from "../errors";
import { noOptions } from "../options/noOptions";
import { type Core, fillTemplate, readTemplate } from "./inputTemplate";
import { keepLongestFirst } from "./keepLongestFirst";
import { loadTransformers } from "./loadTransformers";
import { mendBertText } from "./mendBertText";
import { mendPrecompiled } from "./mendPrecompiled";
import { wordPieceTokenizerJson } from "./wordPieceTokenizerJson";

/** One text, or a pair of them, as a model reads it: special tokens in, no padding. */
export interface Encoding {
  /** Token ids, special tokens in. */
  inputIds: Int32Array;
  /** For each token 0 for the first text, 1 for the second; null where the model has no segments. */
  tokenTypeIds: Int32Array | null;
  /** Whether tokens were left out to keep to `maxLength`. */
  truncated: boolean;
}

/** A thin face on Transformers.js's tokenizer: what fine-tuning needs of it, with ids equal to Python's. */
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
  /**
   * @param pair a second text; an empty one is still a second text
   * @param maxLength tokens at most, special tokens counted; tokens are then left out as by Transformers' `longest_first`
   * @throws InputError when `maxLength` has no room for a single token of text
   */
  encode(text: string, pair?: string | null, maxLength?: number): Encoding;
}

/**
 * Loads the tokenizer of a model's folder, through Transformers.js's AutoTokenizer, from `tokenizer.json` and
 * `tokenizer_config.json`, or from `vocab.txt` in the layout of the official BERT. Nothing is fetched.
 *
 * @throws InputError naming the folder and what it lacks
 * @example
 * ```ts
 * const tokenizer = await loadTokenizer("data/all-MiniLM-L6-v2");
 * tokenizer.encode("How are you doing?").inputIds; // [101, 2129, 2024, 2017, 2725, 1029, 102]
 * ```
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer>;
export async function loadTokenizer(folder: string, ...more: unknown[]): Promise<Tokenizer> {
  noOptions("loadTokenizer", more);
  if (!existsSync(folder)) throw new InputError(`${folder}: expected a model's folder, got no such folder`);
  const config = await readJson(folder, "tokenizer_config.json");
  const auto = await loadAuto(folder, config);
  const core = auto._tokenizer as unknown as Core;
  const className = String(config?.tokenizer_class);
  const single = readTemplate(core, className, false);
  const double = readTemplate(core, className, true);
  const hasTypes = await hasTokenTypes(folder, config, auto);
  mendPrecompiled(core.normalizer);
  const mend = mendBertText(auto._tokenizerJSON.normalizer);
  const keepEnd = config?.truncation_side === "left";
  const read = (text: string) => core.encode(mend(text), { add_special_tokens: false }).ids;
  const files = layout.map((name) => join(folder, name)).filter((path) => existsSync(path));
  const tokenizer: Tokenizer = {
    files,
    padTokenId: padTokenId(folder, config, auto),
    modelMaxLength: auto.model_max_length,
    maxSeqLength: readMaxSeqLength(folder),
    get vocabSize() {
      return auto.get_vocab().size;
    },
    encode(text, pair = null, maxLength = Number.POSITIVE_INFINITY) {
      const template = pair === null ? single : double;
      const texts = pair === null ? [read(text)] : [read(text), read(pair)];
      const room = maxLength - (template.length - texts.length);
      if (!(room >= 1))
        throw new InputError(
          `maxLength: expected at least ${template.length - texts.length + 1}, got ${maxLength}`,
        );
      const kept = keepLongestFirst(texts, room, keepEnd);
      return {
        ...fillTemplate(template, kept, hasTypes),
        truncated: kept.some((tokens, i) => tokens.length < texts[i].length),
      };
    },
  };
  hashes.set(tokenizer.encode, await hashOf([...files, join(folder, "config.json")]));
  return tokenizer;
}

// By the function, so that whoever puts another in its place does not get the tokens of this one.
const hashes = new WeakMap<Tokenizer["encode"], string>();

/** SHA-256 over all that decides what its `encode` gives, but the kit's own code; null for one that `loadTokenizer` did not make. */
export const tokenizerHash = ({ encode }: Tokenizer): string | null => hashes.get(encode) ?? null;

async function hashOf(paths: string[]): Promise<string> {
  const { env } = await loadTransformers();
  // Node brings the tables of Unicode that texts are normalised and split by.
  const hash = createHash("sha256").update(JSON.stringify([env.version, process.version]));
  for (const path of paths) {
    const bytes = existsSync(path) ? await readFile(path) : null;
    hash.update(JSON.stringify([basename(path), bytes?.length ?? null])).update(bytes ?? "");
  }
  return hash.digest("hex");
}

/** What a model's folder may hold about its tokenizer. */
const layout = [
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.txt",
  "special_tokens_map.json",
  "added_tokens.json",
];

type Config = Record<string, unknown> | null;

async function loadAuto(folder: string, config: Config): Promise<PreTrainedTokenizer> {
  const { AutoTokenizer, BertTokenizer, PreTrainedTokenizer } = await loadTransformers();
  const json = join(folder, "tokenizer.json");
  try {
    // An absolute path can't be taken for the name of a model on the Hub.
    if (existsSync(json) && config)
      return await AutoTokenizer.from_pretrained(resolve(folder), { local_files_only: true });
    if (existsSync(json)) return new PreTrainedTokenizer(await readJson(folder, "tokenizer.json"), {});
  } catch (error) {
    throw new InputError(
      `${json}: expected a tokenizer that Transformers.js can read, got: ${(error as Error).message}`,
    );
  }
  const made = await wordPieceTokenizerJson(folder, config ?? {});
  return new BertTokenizer(made.json, made.config);
}

/** As Python: a listed `model_input_names` decides, else the class; old folders name no class, there the model's config tells. */
async function hasTokenTypes(folder: string, config: Config, auto: PreTrainedTokenizer): Promise<boolean> {
  if (Array.isArray(config?.model_input_names)) return config.model_input_names.includes("token_type_ids");
  if (auto.return_token_type_ids) return true;
  return Number((await readJson(folder, "config.json"))?.type_vocab_size ?? 0) > 1;
}

/** Transformers.js takes the end-of-text token where `pad_token` is not named; the usual names are tried first. */
function padTokenId(folder: string, config: Config, auto: PreTrainedTokenizer): number {
  const named = config?.pad_token === undefined ? undefined : auto.pad_token_id;
  const usual = auto.convert_tokens_to_ids(["[PAD]", "<pad>"]).find((id) => id !== undefined);
  const id = named ?? usual ?? auto.pad_token_id;
  if (id === undefined)
    throw new InputError(
      `${folder}: expected a padding token; name it as "pad_token" in tokenizer_config.json`,
    );
  return id;
}

async function readJson(folder: string, name: string): Promise<Config> {
  const path = join(folder, name);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new InputError(`${path}: expected JSON, got ${(error as Error).message}`);
  }
}
