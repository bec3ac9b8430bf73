import { InputError } from "../../errors";
import type { Part } from "./tokenizerJson";

/** A pre-tokenizer of Transformers.js; one of type Sequence holds others. */
export interface PreTokenizer {
  pre_tokenize_text(text: string): string[];
  pattern?: RegExp;
  tokenizers?: PreTokenizer[];
}

/** A piece of a text, and whether it is what the text begins with. */
interface Piece {
  text: string;
  first: boolean;
}

/**
 * How Hugging Face's tokenizers cut a text into words by this part of `tokenizer.json`; each word is then tokenized by itself.
 * Transformers.js's `made` brings patterns and byte tables; it knows fewer ways of cutting, and takes other characters for white
 * space, digits and letters than Rust does.
 */
export function preTokenizer(
  part: Part | null,
  made: PreTokenizer | null,
): (text: string, first: boolean) => string[] {
  if (part === null || made === null) return (text) => [text];
  const cut = cutter(part, made);
  return (text, first) => cut([{ text, first }]).map((piece) => piece.text);
}

type Cut = (pieces: Piece[]) => Piece[];

function cutter(part: Part, made: PreTokenizer): Cut {
  switch (part.type) {
    case "Sequence": {
      const inner = (part.pretokenizers as Part[]).map((one, i) => cutter(one, made.tokenizers![i]));
      return (pieces) => inner.reduce((so, next) => next(so), pieces);
    }
    case "ByteLevel":
      made.pattern = BYTE_LEVEL_WORD;
      return each((text) => made.pre_tokenize_text(text));
    case "Metaspace":
      return metaspace(part);
    case "BertPreTokenizer": {
      const [words, marks] = [split(WHITE_SPACE, "Removed"), split(PUNCTUATION, "Isolated")];
      return (pieces) => marks(words(pieces));
    }
    case "WhitespaceSplit":
      return split(WHITE_SPACE, "Removed");
    case "Whitespace":
      return split(WORD_OR_MARKS, "Removed", true);
    case "Punctuation":
      return split(PUNCTUATION, String(part.behavior ?? "Isolated"));
    case "Digits":
      return split(NUMERIC, part.individual_digits ? "Isolated" : "Contiguous");
    case "Split":
      if (!made.pattern) throw unknown("Split without a pattern");
      return split(made.pattern, String(part.behavior), part.invert === true);
    default:
      throw unknown(`type ${part.type}`);
  }
}

const WHITE_SPACE = /\p{White_Space}/gu;
const NUMERIC = /\p{N}/gu;
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
const WORD_OR_MARKS = new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, "gu");
/** GPT-2's words. */
const BYTE_LEVEL_WORD =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Replaces spaces by the mark that SentencePiece's pieces have for them, and cuts in front of each. */
function metaspace(part: Part): Cut {
  const mark = (part.replacement as string | undefined) ?? "▁";
  // Files of earlier versions say add_prefix_space.
  const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? "never" : "always");
  return (pieces) =>
    pieces.flatMap(({ text, first }) => {
      let marked = text.replaceAll(" ", mark);
      if (!marked.startsWith(mark) && (scheme === "always" || (scheme === "first" && first)))
        marked = mark + marked;
      if (part.split === false) return [{ text: marked, first }];
      return split(new RegExp(mark, "gu"), "MergedWithNext")([{ text: marked, first }]);
    });
}

const each =
  (cut: (text: string) => string[]): Cut =>
  (pieces) =>
    pieces.flatMap(({ text, first }) =>
      cut(text).map((part, i) => ({ text: part, first: first && i === 0 })),
    );

/** Cuts at what a pattern matches, by one of the `SplitDelimiterBehavior`s; `invert` takes what it does not match instead. */
function split(pattern: RegExp, behavior: string, invert = false): Cut {
  const join = BEHAVIORS[behavior];
  if (!Object.hasOwn(BEHAVIORS, behavior)) throw unknown(`behavior ${JSON.stringify(behavior)}`);
  return (pieces) =>
    pieces.flatMap(({ text, first }) => {
      const spans: Span[] = [];
      const add = (start: number, end: number, delimiter: boolean) => {
        if (start < end) spans.push({ start, end, delimiter: delimiter !== invert });
      };
      let from = 0;
      for (const match of text.matchAll(pattern)) {
        add(from, match.index, false);
        from = match.index + match[0].length;
        add(match.index, from, true);
      }
      add(from, text.length, false);
      return join(spans).map(({ start, end }) => ({
        text: text.slice(start, end),
        first: first && start === 0,
      }));
    });
}

interface Span {
  start: number;
  end: number;
  delimiter: boolean;
}

const BEHAVIORS: Record<string, (spans: Span[]) => Span[]> = {
  Removed: (spans) => spans.filter(({ delimiter }) => !delimiter),
  Isolated: (spans) => spans,
  Contiguous: (spans) => merge(spans, (before, span) => before.delimiter === span.delimiter),
  MergedWithPrevious: (spans) => merge(spans, (before, span) => span.delimiter && !before.delimiter),
  MergedWithNext: (spans) =>
    merge([...spans].reverse(), (after, span) => span.delimiter && !after.delimiter).reverse(),
};

/** Joins each span to the one before it in the list where both belong together; what is joined counts as its delimiter. */
function merge(spans: Span[], together: (before: Span, span: Span) => boolean): Span[] {
  const merged: Span[] = [];
  for (const span of spans) {
    const before = merged.at(-1);
    if (before && together(before, span))
      merged[merged.length - 1] = {
        start: Math.min(before.start, span.start),
        end: Math.max(before.end, span.end),
        delimiter: span.delimiter,
      };
    else merged.push(span);
  }
  return merged;
}

const unknown = (what: string) =>
  new InputError(`tokenizer.json: a pre_tokenizer of ${what} is not known here`);
