import { contentOf } from "./addedTokens";
import type { Fields, TokenizerFolder } from "./TokenizerFolder";
import type { AddedToken, Model, Part, TokenizerJson } from "./tokenizerJson";

/** What a class makes of the files. */
export interface Made {
  json: Omit<TokenizerJson, "post_processor" | "added_tokens">;
  /** The class's own special tokens, by their roles. */
  tokens: Record<string, string>;
  /** Special tokens beside those that have a role, where a SentencePiece model lists them. */
  extra?: AddedToken[];
  postProcessor(idOf: (token: string) => number, named: (role: string) => string): Part | null;
}

export interface Sources {
  folder: TokenizerFolder;
  values: Fields;
  written: TokenizerJson | undefined;
  notes: string[];
}

export const BERT_TOKENS = { unk: "[UNK]", sep: "[SEP]", pad: "[PAD]", cls: "[CLS]", mask: "[MASK]" };
export const ROBERTA_TOKENS = {
  bos: "<s>",
  eos: "</s>",
  sep: "</s>",
  cls: "<s>",
  unk: "<unk>",
  pad: "<pad>",
  mask: "<mask>",
};

export const bertTemplate: Made["postProcessor"] = (idOf, named) =>
  template(
    [named("cls"), "A", named("sep")],
    [named("cls"), "A", named("sep"), "B1", `${named("sep")}`],
    idOf,
  );

export const WHOLE_WORDS = (scheme: string): Part => ({
  type: "Sequence",
  pretokenizers: [{ type: "WhitespaceSplit" }, metaspace(scheme)],
});
export const metaspace = (prepend_scheme: string): Part => ({
  type: "Metaspace",
  replacement: "▁",
  prepend_scheme,
  split: true,
});

/** A template of special tokens and of texts, "A" and "B"; from "B1" on the segment is 1. */
export function template(single: string[], pair: string[], idOf: (token: string) => number): Part {
  const pieces = (parts: string[]) => {
    const second = parts.indexOf("B1");
    return parts.map((part, i) => {
      const type_id = second >= 0 && i >= second ? 1 : 0;
      if (part === "A") return { Sequence: { id: "A", type_id } };
      if (part === "B" || part === "B1") return { Sequence: { id: "B", type_id } };
      return { SpecialToken: { id: part, type_id } };
    });
  };
  const named = [...new Set(single)].filter((part) => part !== "A");
  const special_tokens = Object.fromEntries(named.map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }]));
  return { type: "TemplateProcessing", single: pieces(single), pair: pieces(pair), special_tokens };
}

export const unigram = (vocab: [string, number][], unk_id: number): Model => ({
  type: "Unigram",
  unk_id,
  vocab,
  byte_fallback: false,
});

/** The class's special tokens, by role, with those the files name in their place. */
export function rolesOf<Role extends string>(
  values: Fields,
  byClass: Record<Role, string>,
): Record<Role, string> {
  const entries = Object.entries<string>(byClass);
  return Object.fromEntries(
    entries.map(([role, token]) => [role, contentOf(values[`${role}_token`]) ?? token]),
  ) as Record<Role, string>;
}
