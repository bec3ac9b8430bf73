import { readCharsmap } from "./readCharsmap";

/** A normalizer of Transformers.js. */
export interface Normalizer {
  config: { type: string; precompiled_charsmap?: string | null };
  normalizers?: (Normalizer | null)[];
  normalize(text: string): string;
}

/**
 * Makes SentencePiece's normalisation go by the map that the tokenizer carries, as in Python. Transformers.js does without the map,
 * by rules that come close to the usual one: zero-width joiners, as between the parts of an emoji, become spaces, for one.
 */
export function mendPrecompiled(normalizer: Normalizer | null): void {
  const charsmap = normalizer?.config.precompiled_charsmap;
  if (normalizer?.config.type === "Precompiled" && charsmap) normalizer.normalize = readCharsmap(charsmap);
  for (const part of normalizer?.normalizers ?? []) mendPrecompiled(part);
}
