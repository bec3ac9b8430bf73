import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadTokenizer, pieceReader, type Tokenizer } from "../../src/data/loadTokenizer";
import { foundWords, givenWords } from "../../src/data/wordsOf";

/** What Python's tokenizers say; see make_alignment.py beside it. */
interface Expected {
  texts: { text: string; ids: number[]; offsets: [number, number][] }[];
  words: { words: string[]; ids: number[]; firsts: (number | null)[] }[];
}

const fixtures = join(__dirname, "../fixtures");
const expected: Record<string, Expected> = JSON.parse(
  readFileSync(join(fixtures, "tokenClassification/alignment.json"), "utf8"),
);
const load = (name: string): Promise<Tokenizer> => loadTokenizer(join(fixtures, "tokenizer", name));

/** Python counts Unicode characters. */
const characters = (text: string, unit: number) => [...text.slice(0, unit)].length;

/** Without white space at its ends, which offsets may hold or not. */
function trimmed(text: string, start: number, end: number): [number, number] {
  let [from, to] = [start, end];
  while (from < to && text[from] === " ") from++;
  while (from < to && text[to - 1] === " ") to--;
  return [characters(text, from), characters(text, to)];
}

/**
 * The same as Python's, but for letters with marks, of which Python tells the letter alone where both become one, and for SentencePiece's mark of a
 * word's beginning, which stands for nothing here and for the letter behind it there.
 */
function isSame(text: string, [start, end]: [number, number], [from, to]: [number, number]): boolean {
  if (start === from && (end === to || end === start)) return true;
  let at = 0;
  let widened: [number, number] | null = null;
  for (const { segment } of new Intl.Segmenter("und", { granularity: "grapheme" }).segment(text)) {
    const next = at + [...segment].length;
    if (at < Math.max(to, from + 1) && next > from) widened = [widened?.[0] ?? at, next];
    at = next;
  }
  return start === widened?.[0] && end === widened[1];
}

describe("Where tokens stand", () => {
  for (const [name, { texts, words }] of Object.entries(expected)) {
    it(`is where Python's tokenizer says, in one with ${name}'s layout`, async () => {
      const reader = pieceReader(await load(name));
      const differing: unknown[] = [];
      for (const { text, ids, offsets } of texts) {
        const pieces = reader.pieces(text);
        assert.deepEqual(
          pieces.map(({ id }) => id),
          ids,
          JSON.stringify(text),
        );
        const ours = pieces.map(({ start, end }) => trimmed(text, start, end));
        // Python puts a space of no width, for which ALBERT's map has a space, on the letter behind it.
        if (name === "unigram-albert" && text.includes("\u200b")) continue;
        if (!ours.every((each, i) => isSame(text, each, offsets[i]))) differing.push([text, ours, offsets]);
      }
      assert.deepEqual(differing, []);
      assert.ok(texts.length > 30);
    });

    it(`lists of words have Python's ids and first tokens, in one with ${name}'s layout`, async () => {
      const reader = pieceReader(await load(name));
      for (const { words: given, ids, firsts } of words) {
        let at = 0;
        const places = given.map((word): [number, number] => {
          at += word.length + 1;
          return [at - 1 - word.length, at - 1];
        });
        const read = givenWords(reader, given.join(" "), places);
        assert.deepEqual([...reader.frame(read.flatMap((word) => word.ids)).inputIds], ids, given.join(" "));
        let token = reader.before;
        const found = read.map((word) => {
          token += word.ids.length;
          return word.ids.length === 0 ? null : token - word.ids.length;
        });
        assert.deepEqual(found, firsts, given.join(" "));
      }
    });

    it(`words that are found in a text cover all that its tokens stand for, in order, in one with ${name}'s layout`, async () => {
      const reader = pieceReader(await load(name));
      const text = `  ${texts.map((each) => each.text).join("\n")} \t`;
      const read = foundWords(reader, text);
      let end = 0;
      let left = "";
      for (const word of read) {
        assert.ok(word.start >= end && word.end >= word.start, JSON.stringify([word, end]));
        assert.ok(word.ids.length > 0);
        assert.doesNotMatch(text.slice(word.start, word.end), /\s/);
        left += text.slice(end, word.start);
        end = word.end;
      }
      left += text.slice(end);
      // What is no word's is white space and what the tokenizer drops.
      assert.match(left, /^(?:\s|\u200b|\u00ad|\ufffd|\p{M})*$/u);
      assert.deepEqual(
        read.flatMap(({ ids }) => ids),
        texts.flatMap(({ text: one }) => reader.pieces(one).map(({ id }) => id)),
      );
      // A name in brackets is found without them, and a letter with its accents whole.
      const found = read.map((word) => text.slice(word.start, word.end));
      for (const word of ["hello", "wo\u0308rld", "low"])
        assert.ok(found.includes(word), `${word} among ${found}`);
      // Unknown characters in a row are one token of some, and with it one word.
      if (["bert-base-uncased", "byte-level-bpe", "modernbert"].includes(name))
        for (const word of ["(", "2024", ")"]) assert.ok(found.includes(word), `${word} among ${found}`);
    });
  }
});
