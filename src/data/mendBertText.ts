/** CJK ideographs outside the basic plane, by the ranges of Hugging Face's tokenizers (`normalizers/bert.rs`). */
const ASTRAL_IDEOGRAPH =
  /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/**
 * What to do to a text so that Transformers.js's BertNormalizer reads it as Python's does. It looks for ideographs among UTF-16
 * units, and so misses those outside the basic plane; and its `toLowerCase` writes a final sigma where Rust's, one character at
 * a time, does not. Scripts that Unicode has changed since the tables of Rust's normalizer were made remain different: combining
 * marks of some Indic and historic scripts.
 */
export function mendBertText(normalizer: BertNormalizer | null): (text: string) => string {
  if (normalizer?.type !== "BertNormalizer") return (text) => text;
  const { handle_chinese_chars, lowercase } = normalizer;
  return (text) => {
    const spaced = handle_chinese_chars ? text.replace(ASTRAL_IDEOGRAPH, " $& ") : text;
    return lowercase ? spaced.replaceAll("Σ", "σ") : spaced;
  };
}

interface BertNormalizer {
  type: string;
  handle_chinese_chars?: boolean;
  lowercase?: boolean;
}
