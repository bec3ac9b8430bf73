import type { Part, TokenizerJson } from "./tokenizerJson";

/** Expressions that end on every text in a time that grows as the text does; those of published tokenizers, by Python's converters. */
const HARMLESS = new Set(["\\s+", " {2,}", "\\s", " ", "\\d", "\\d+", "\\p{N}", "[0-9]", "\\n", "\\n+"]);

/** The regular expressions by which a tokenizer.json splits or rewrites texts, but for those that are known to end on every text. */
export function ownPatterns({ normalizer, pre_tokenizer }: TokenizerJson): string[] {
  return [normalizer, pre_tokenizer]
    .flatMap(partsOf)
    .map((part) => (part.pattern as { Regex?: unknown } | undefined)?.Regex)
    .filter((pattern): pattern is string => typeof pattern === "string" && !HARMLESS.has(pattern));
}

/** A part, and those within it. */
const partsOf = (part: Part | null | undefined): Part[] =>
  part
    ? [part, ...[part.normalizers, part.pretokenizers].flat().flatMap((inner) => partsOf(inner as Part))]
    : [];
