import type { Normalizer } from "./normalizer";

/** A token of a text, and the part of the text that it stands for: `text.slice(start, end)`. */
export interface TokenPiece {
  id: number;
  start: number;
  end: number;
}

/** A text that was made of another, and for each of its UTF-16 units which part of that other it came from. */
export interface Aligned {
  text: string;
  starts: number[];
  ends: number[];
}

const GRAPHEMES = new Intl.Segmenter("und", { granularity: "grapheme" });

/** What a text is where nothing has changed it. */
const asIs = (text: string): Aligned => ({
  text,
  starts: Array.from({ length: text.length }, (_, i) => i),
  ends: Array.from({ length: text.length }, (_, i) => i + 1),
});

/**
 * A text as it is normalised, each unit with the character that it came from: normalised characters one after the other are the
 * normalised text, as a rule, or else characters with their marks. Where neither is so, each unit comes from the whole of it.
 */
export function alignNormalized(normalize: Normalizer["normalize"], text: string): Aligned {
  const whole = normalize(text);
  if (whole === text) return asIs(text);
  const characters = [...text];
  const graphemes = Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);
  // White space by itself may be stripped.
  for (const parts of [characters, spaceBefore(characters), graphemes, spaceBefore(graphemes), [text]]) {
    const aligned: Aligned = { text: "", starts: [], ends: [] };
    let at = 0;
    for (const part of parts) {
      const one = normalize(part);
      aligned.text += one;
      for (let i = 0; i < one.length; i++) {
        aligned.starts.push(at);
        aligned.ends.push(at + part.length);
      }
      at += part.length;
    }
    if (aligned.text === whole) return aligned;
  }
  return asIs(whole);
}

/** The same with white space put before what follows it. */
function spaceBefore(parts: readonly string[]): string[] {
  const joined: string[] = [];
  let space = "";
  for (const part of parts) {
    space += part;
    if (!/^\p{White_Space}+$/u.test(space)) [joined[joined.length], space] = [space, ""];
  }
  return space === "" ? joined : [...joined, space];
}

/** Which units of a text a word's characters stand for; null for one that was put in front. */
type Places = (number | null)[];

/**
 * Finds the words that a pre-tokenizer makes of a text in it. Byte-level ones are of characters that stand for a byte each; others leave out white
 * space, or put a mark in its place or in front.
 *
 * @returns null where they are not found
 */
export function placeWords(text: string, words: readonly string[], isOfBytes: boolean): Places[] | null {
  if (isOfBytes) {
    const units = byteUnits(text);
    const length = words.reduce((sum, word) => sum + word.length, 0);
    const added = length - units.length;
    if (added !== 0 && added !== 1) return null;
    let at = -added;
    return words.map((word) => Array.from({ length: word.length }, () => units[at++] ?? null));
  }
  let at = 0;
  const places: Places[] = [];
  for (const word of words) {
    const own: Places = [];
    for (let i = 0; i < word.length; i++) {
      const isMark = word[i] === "\u2581" && text[at] !== "\u2581";
      if (isMark && text[at] !== " ") {
        own.push(null);
        continue;
      }
      while (!isMark && at < text.length && text[at] !== word[i]) at++;
      if (at === text.length) return null;
      own.push(at++);
    }
    places.push(own);
  }
  return places;
}

/** For each byte of a text as UTF-8 the UTF-16 unit at which its character begins. */
function byteUnits(text: string): number[] {
  const units: number[] = [];
  let at = 0;
  for (const character of text) {
    const bytes = Buffer.byteLength(character);
    for (let i = 0; i < bytes; i++) units.push(at);
    at += character.length;
  }
  return units;
}

/** How many characters of a word each of its tokens stands for; null where the tokens do not say. */
export function lengthsOf(word: string, tokens: readonly string[], continuing: string): number[] | null {
  const lengths = tokens.map((token, i) =>
    i > 0 && continuing !== "" && token.startsWith(continuing)
      ? token.length - continuing.length
      : token.length,
  );
  const joined = tokens.map((token, i) => token.slice(token.length - lengths[i])).join("");
  if (joined === word) return lengths;
  return tokens.length === 1 ? [word.length] : null;
}

const SPACE = /\p{White_Space}/u;

/** A part of a text without the white space at its ends, unless it is nothing else. */
export function withoutSpace(text: string, start: number, end: number): { start: number; end: number } {
  let [from, to] = [start, end];
  while (from < to && SPACE.test(text[from])) from++;
  while (from < to && SPACE.test(text[to - 1])) to--;
  return { start: from, end: to };
}

const [FIRST_HALF, SECOND_HALF] = [/[\ud800-\udbff]/, /[\udc00-\udfff]/];

/** A part of a text made wide enough to hold whole characters alone. */
export function wholeCharacters(text: string, start: number, end: number): { start: number; end: number } {
  const cuts = (at: number) => at > 0 && FIRST_HALF.test(text[at - 1]) && SECOND_HALF.test(text[at] ?? "");
  return { start: start - (cuts(start) ? 1 : 0), end: end + (cuts(end) ? 1 : 0) };
}
