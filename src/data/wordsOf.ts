import type { PieceReader } from "./loadTokenizer";
import type { TokenPiece } from "./tokenizer/pieces";
import { withoutSpace } from "./tokenizer/pieces";

/** A word of a text as a model reads it: what it stands for, and how many tokens. */
export interface ReadWord {
  start: number;
  end: number;
  ids: number[];
}

/**
 * The tokens of a word that stands by itself, as Transformers reads lists of words (`is_split_into_words`): as one in the midst of a text, for tokenizers
 * that tell these from what a text begins with. An empty word has none, and one that begins with a space no second space before it.
 */
function tokensOf(reader: PieceReader, text: string, [start, end]: readonly [number, number]): TokenPiece[] {
  if (start === end) return [];
  const space = text[start] === " " ? "" : " ";
  const place = (unit: number) => at(start + unit - space.length, start, end);
  return reader.pieces(space + text.slice(start, end)).map((piece) => ({
    id: piece.id,
    ...withoutSpace(text, place(piece.start), place(piece.end)),
  }));
}

const at = (place: number, start: number, end: number) => Math.min(end, Math.max(start, place));

/** Words that are given, with the tokens of each. */
export const givenWords = (
  reader: PieceReader,
  text: string,
  words: readonly [number, number][],
): ReadWord[] =>
  words.map((word) => ({
    start: word[0],
    end: word[1],
    ids: tokensOf(reader, text, word).map(({ id }) => id),
  }));

/**
 * The words of a text: letters and digits in a row, a letter of a script without spaces, or another character that is no white space. Where a token takes
 * up several of them they are one.
 */
export function foundWords(reader: PieceReader, text: string): ReadWord[] {
  const found: ReadWord[] = [];
  for (const { 0: chunk, index } of text.matchAll(/\P{White_Space}+/gu)) {
    const starts = new Set(Array.from(chunk.matchAll(WORD), (match) => index + match.index!));
    let word: ReadWord | null = null;
    for (const { id, start, end } of tokensOf(reader, text, [index, index + chunk.length])) {
      if (word === null || (word.end > word.start && starts.has(start) && start >= word.end)) {
        word = { start, end, ids: [] };
        found.push(word);
      }
      word.ids.push(id);
      word.end = Math.max(word.end, end);
      // Accents that a tokenizer leaves out.
      while (MARK.test(text[word.end] ?? "")) word.end++;
    }
  }
  return found;
}

const MARK = /\p{M}/u;
/** A letter of a script that sets no space between words: Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar. */
const UNSPACED =
  "(?=[\\p{scx=Hani}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}])\\p{L}";
const WORD = new RegExp(`${UNSPACED}\\p{M}*|(?:(?!${UNSPACED})[\\p{L}\\p{M}\\p{N}\\p{Pc}])+|.`, "gsu");
