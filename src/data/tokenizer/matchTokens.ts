import type { AddedToken } from "./tokenizerJson";

/** A piece of a text: an added token, or text between such tokens. */
export type Piece = { id: number; start: number; end: number } | { text: string; start: number };

/** What to look for, and the token that it stands for. */
export interface Pattern {
  text: string;
  token: AddedToken & { id: number };
}

/**
 * Cuts a text at added tokens: of those that begin first the longest, as Hugging Face's tokenizers find them
 * (`AddedVocabulary::find_matches`). A token that takes white space along may reach over what was to be found next; that is
 * found all the same, as there.
 *
 * @param passOver tokens that are read as text where they are found
 */
export function matchTokens(
  patterns: Pattern[],
  passOver: (token: AddedToken) => boolean,
): (text: string) => Piece[] {
  const byText = new Map<string, Pattern["token"]>();
  // Of several tokens with one text, in Python a random one is found; here the one with the lowest id.
  for (const { text, token } of patterns) if (text !== "" && !byText.has(text)) byText.set(text, token);
  if (byText.size === 0) return (text) => (text === "" ? [] : [{ text, start: 0 }]);
  const longestFirst = [...byText.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(
    longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"),
    "g",
  );
  return (text) => {
    const pieces: Piece[] = [];
    let from = 0;
    for (const match of text.matchAll(any)) {
      const token = byText.get(match[0])!;
      let [start, end] = [match.index, match.index + match[0].length];
      if (passOver(token) || (token.single_word && touchesWord(text, start, end))) continue;
      if (token.lstrip) while (start > from && SPACE.test(text[start - 1])) start--;
      if (token.rstrip) while (end < text.length && SPACE.test(text[end])) end++;
      if (from < start) pieces.push({ text: text.slice(from, start), start: from });
      pieces.push({ id: token.id, start, end });
      from = end;
    }
    if (from < text.length) pieces.push({ text: text.slice(from), start: from });
    return pieces;
  };
}

/** Whether a character of a word stands right before or behind a part of a text. */
const touchesWord = (text: string, start: number, end: number): boolean =>
  WORD_AT_END.test(text.slice(Math.max(0, start - 2), start)) || WORD_AT_START.test(text.slice(end, end + 2));

// What Rust's regular expressions take for a character of a word, and for white space.
const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const WORD_AT_START = new RegExp(`^${WORD}`, "u");
const WORD_AT_END = new RegExp(`${WORD}$`, "u");
const SPACE = /^\p{White_Space}$/u;
