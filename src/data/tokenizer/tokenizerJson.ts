/** A token outside the model's own vocabulary, or marked in it, as `tokenizer.json` lists it. */
export interface AddedToken {
  content: string;
  /** Matches only where no letter, digit or mark stands beside it. */
  single_word: boolean;
  /** Takes the white space before it, or after it, along. */
  lstrip: boolean;
  rstrip: boolean;
  /** Looked for in the normalised text, by its own normalised form, and not in the text as given. */
  normalized: boolean;
  special: boolean;
}

/** A normaliser, pre-tokenizer or post-processor of `tokenizer.json`. */
export type Part = { type: string } & Record<string, unknown>;

/** What stands in `tokenizer.json`, as far as it is read here. */
export interface TokenizerJson {
  added_tokens: (AddedToken & { id: number })[];
  normalizer: Part | null;
  pre_tokenizer: Part | null;
  post_processor: Part | null;
  decoder: Part | null;
  model: Model;
  truncation?: { direction?: string } | null;
  padding?: { pad_token?: string; direction?: string } | null;
}

/** Pieces with their ids, or for Unigram with their scores, their place being their id. */
export interface Model {
  type?: string;
  vocab: Record<string, number> | [piece: string, score: number][];
  merges?: (string | [string, string])[];
  unk_token?: string | null;
  unk_id?: number | null;
  [other: string]: unknown;
}
