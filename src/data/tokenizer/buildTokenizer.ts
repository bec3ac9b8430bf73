import { InputError } from "../../errors";
import type { AddedVocabulary } from "./AddedVocabulary";
import { addAll, listAddedTokens, namedTokens } from "./addedTokens";
import { assemble } from "./assemble";
import { chooseClass, type TokenizerClass } from "./chooseClass";
import { type Fields, TokenizerFolder } from "./TokenizerFolder";
import type { TokenizerJson } from "./tokenizerJson";

/** A tokenizer made of a folder's files: a complete `tokenizer.json`, and what Transformers keeps beside it. */
export interface BuiltTokenizer {
  /** As AutoTokenizer's `save_pretrained` would write it. */
  json: TokenizerJson;
  added: AddedVocabulary;
  class: TokenizerClass;
  /** The padding token, where one is named or its class has one. */
  padToken?: string;
  truncationSide: "left" | "right";
  /** In tokens; Infinity where the files name none. */
  modelMaxLength: number;
  /** Whether special tokens in a text are read as text. */
  splitSpecialTokens: boolean;
  /** Whether tokens have types, which mark the second text of a pair. */
  hasTypes: boolean;
  /** What a user should know, a line each. */
  notes: string[];
}

/**
 * Puts a tokenizer together from a folder's files as AutoTokenizer of Transformers 5 does: the class (see `chooseClass`) decides
 * what is taken from them. Bert, Roberta, XLMRoberta, DebertaV2 and Albert take nothing but the vocabulary from `tokenizer.json`
 * and split and normalise by the fields of `tokenizer_config.json`; where there is no `tokenizer.json` they read the vocabulary's
 * own files. Added and special tokens come from `added_tokens_decoder` or, where that is missing, from `special_tokens_map.json`,
 * `added_tokens.json` and `tokenizer.json`.
 *
 * @param where the folder, for errors
 * @param files by name; undefined for one that is not there
 * @throws InputError naming the file and what is missing in it, or what is not known here
 */
export async function buildTokenizer(
  where: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<BuiltTokenizer> {
  const folder = new TokenizerFolder(where, files);
  const config = folder.json("config.json");
  const settings = folder.json("tokenizer_config.json");
  const kind = chooseClass(where, config, settings, (name) => files.has(name));
  const written = folder.json("tokenizer.json") as TokenizerJson | undefined;
  if (written && (typeof written.model !== "object" || written.model === null))
    throw new InputError(`${where}/tokenizer.json: expected a model in it, got none`);
  const values: Fields = { ...settings };
  if (written) for (const name of ["add_bos_token", "add_eos_token"]) delete values[name];
  values.extra_special_tokens ??= values.additional_special_tokens;
  const listed = listAddedTokens(folder, values, written);
  if (side(where, "padding_side", values.padding_side ?? written?.padding?.direction) === "left")
    throw new InputError(
      `${where}: padding_side "left" is not known here: frostkit fills batches on the right; set it to "right" in tokenizer_config.json`,
    );
  const notes: string[] = [];
  const made = await assemble(kind, { folder, values, written, notes });
  const names = namedTokens(values, made.tokens, written, listed);
  const added = addAll(
    { model: made.json.model, extra: made.extra },
    names,
    values,
    listed,
    kind === "AsWritten" || kind === "ConvBert" ? written : undefined,
  );
  const idOf = (token: string) => added.idOf(token) as number;
  const post_processor = made.postProcessor(idOf, (role) => names.get(`${role}_token`)?.content ?? "");
  return {
    json: { ...made.json, post_processor, added_tokens: added.tokens },
    added,
    class: kind,
    padToken: names.get("pad_token")?.content ?? written?.padding?.pad_token,
    truncationSide: side(where, "truncation_side", values.truncation_side ?? written?.truncation?.direction),
    modelMaxLength: maxLength(where, values),
    splitSpecialTokens: values.split_special_tokens === true,
    hasTypes: hasTypes(kind, values.model_input_names, config),
    notes,
  };
}

/** Where `model_input_names` lists them or, without such a list, where the class gives them; a tokenizer.json as such asks the model. */
function hasTypes(kind: TokenizerClass, inputNames: unknown, config: Fields | undefined): boolean {
  if (Array.isArray(inputNames)) return inputNames.includes("token_type_ids");
  // Transformers 5 leaves ALBERT's out, which the model was trained with; earlier versions give them.
  if (["Bert", "ConvBert", "DebertaV2", "Albert"].includes(kind)) return true;
  return kind === "AsWritten" && Number(config?.type_vocab_size ?? 0) > 1;
}

function side(where: string, name: string, value: unknown): "left" | "right" {
  const word = String(value ?? "right").toLowerCase();
  if (word === "left" || word === "right") return word;
  throw new InputError(
    `${where}/tokenizer_config.json: ${name}: expected "left" or "right", got ${JSON.stringify(value)}`,
  );
}

/** null, or none at all, is no limit; older files say `max_len`. */
function maxLength(where: string, values: Fields): number {
  const name = values.model_max_length === undefined ? "max_len" : "model_max_length";
  const value = values[name] ?? Number.POSITIVE_INFINITY;
  if (typeof value === "number" && value >= 1) return value;
  throw new InputError(
    `${where}/tokenizer_config.json: ${name}: expected a number of tokens from 1 on, or null, got ${JSON.stringify(value)}`,
  );
}
