import { InputError } from "../../errors";
import { readCharsmap } from "./readCharsmap";
import type { Part } from "./tokenizerJson";

/** A normaliser of Transformers.js; one of type Sequence holds others. */
export interface Normalizer {
  normalize(text: string): string;
  normalizers?: Normalizer[];
}

/**
 * What Hugging Face's tokenizers make of a text by this part of `tokenizer.json`. Most is left to Transformers.js's `made`; where
 * that differs from Python the difference is made up for here. Scripts that Unicode has changed since the tables of Rust's
 * normaliser were made remain different: combining marks of some Indic and historic scripts.
 */
export function normalizer(part: Part | null, made: Normalizer | null): (text: string) => string {
  if (part === null || made === null) return (text) => text;
  const plain = (text: string) => made.normalize(text);
  switch (part.type) {
    case "Sequence": {
      const inner = (part.normalizers as Part[]).map((one, i) => normalizer(one, made.normalizers![i]));
      return (text) => inner.reduce((so, next) => next(so), text);
    }
    case "BertNormalizer": {
      const spaced = part.handle_chinese_chars
        ? (text: string) => text.replace(ASTRAL_IDEOGRAPH, " $& ")
        : (text: string) => text;
      return part.lowercase
        ? (text) => plain(withoutFinalSigma(spaced(text)))
        : (text) => plain(spaced(text));
    }
    case "Lowercase":
      return (text) => plain(withoutFinalSigma(text));
    case "Strip": {
      const ends = [part.strip_left && "^\\p{White_Space}+", part.strip_right && "\\p{White_Space}+$"];
      const pattern = new RegExp(ends.filter(Boolean).join("|") || "(?!)", "gu");
      return (text) => text.replace(pattern, "");
    }
    case "Precompiled":
      if (!part.precompiled_charsmap)
        throw new InputError("tokenizer.json: expected a precompiled_charsmap in its normalizer, got none");
      return readCharsmap(part.precompiled_charsmap as string);
    case "Replace":
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
    case "StripAccents":
    case "Prepend":
      return plain;
    default:
      throw new InputError(`tokenizer.json: a normalizer of type ${part.type} is not known here`);
  }
}

/** CJK ideographs outside the basic plane (ranges of `normalizers/bert.rs`), which Transformers.js, going by UTF-16 units, misses. */
const ASTRAL_IDEOGRAPH =
  /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** JavaScript's `toLowerCase` writes ς at the end of a word; Rust's goes one character at a time and writes σ. */
const withoutFinalSigma = (text: string): string => text.replaceAll("Σ", "σ");
