import { createHash } from "node:crypto";
import { InputError } from "../errors";
import type { Labels } from "./labels";
import { update } from "./Rows";
import { TextRows } from "./TextRows";
import type { EncodedDataset } from "./tokenize";

/** The words of a text. */
export interface WordPlaces {
  /** The text itself. */
  text: string;
  /** Where each word begins in the text. */
  starts: Int32Array;
  /** Where each ends: behind its last character. */
  ends: Int32Array;
  /** Each word's number among all that are told; -1 for one that the tokenizer makes no token of. */
  numbers: Int32Array;
}

/** Texts as windows of tokens, a row each, in which words are told by their first tokens. `labels` has one label a word. */
export interface EncodedTokens extends EncodedDataset {
  /** Of each row the places of its tokens that words are told by; words are numbered from row to row. */
  places: Int32Array[];
  /** The words of each text. */
  words: WordPlaces[];
}

/** Windows of texts, in which words are told. */
export class TokenWindows extends TextRows<EncodedTokens> {
  #firsts: Int32Array;

  constructor(dataset: EncodedTokens) {
    super(dataset);
    this.#firsts = new Int32Array(dataset.places.length);
    let told = 0;
    dataset.places.forEach((places, row) => {
      this.#firsts[row] = told;
      told += places.length;
    });
  }

  override get perToken() {
    return true;
  }

  /** How many words are told. */
  override get outputs(): number {
    const last = this.dataset.places.length - 1;
    return last < 0 ? 0 : this.#firsts[last] + this.dataset.places[last].length;
  }

  override targets(rows: Int32Array): Int32Array {
    const { inputIds, places } = this.dataset;
    const length = rows.reduce((most, row) => Math.max(most, inputIds[row].length), 0);
    const targets = new Int32Array(rows.length * length).fill(-1);
    rows.forEach((row, i) => {
      places[row].forEach((place, word) => {
        targets[i * length + place] = this.#firsts[row] + word;
      });
    });
    return targets;
  }

  override rowOf(word: number): number {
    return this.#firsts.findLastIndex((first) => first <= word);
  }

  override check(name: string): void {
    super.check(name);
    const { inputIds, places } = this.dataset;
    if (places.length !== inputIds.length)
      throw new InputError(
        `${name}: expected the words' places in each of ${inputIds.length} windows, got ${places.length}; tokenizeWords gives them`,
      );
    places.forEach((own, row) => {
      if (own.length === 0 || own.some((place) => !(place >= 0 && place < inputIds[row].length)))
        throw new InputError(
          `${name}: row ${row}: expected places of words below ${inputIds[row].length}, got ${own}`,
        );
    });
  }

  override hash(): string {
    const hash = createHash("sha256").update(super.hash());
    for (const places of this.dataset.places) update(hash.update(`${places.length}`), places);
    return hash.digest("hex");
  }

  override take(_rows: number[], _labels: Labels | null): EncodedTokens {
    throw new InputError(
      "takeRows: expected texts as tokenDataset gives them, got windows of texts; take rows first and tokenize them then",
    );
  }

  override toString() {
    return `windows of up to ${this.longest} tokens`;
  }
}
