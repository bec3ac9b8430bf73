import type { AddedToken } from "./tokenizerJson";

/**
 * Added tokens and their ids, given as Hugging Face's tokenizers give them (`tokenizer/added_vocabulary.rs`): a token that the
 * model's vocabulary holds keeps its id, any other gets the next free one, in the order of adding, whatever id a file names for it.
 */
export class AddedVocabulary {
  readonly #model: ReadonlyMap<string, number>;
  readonly #ids = new Map<string, number>();
  readonly #latest = new Map<string, AddedToken>();
  readonly #special = new Set<string>();
  #highest = -1;

  constructor(model: ReadonlyMap<string, number>) {
    this.#model = model;
  }

  add(tokens: Iterable<AddedToken>): void {
    for (const token of tokens) {
      const { content, special } = token;
      if (content === "") continue;
      if (special) this.#special.add(content);
      if (this.holds(token)) continue;
      const id = this.idOf(content) ?? Math.max(this.#highest + 1, this.#model.size);
      this.#ids.set(content, id);
      this.#highest = Math.max(this.#highest, id);
      this.#latest.set(content, token);
    }
  }

  /** Whether the token is there with these very properties. */
  holds(token: AddedToken): boolean {
    const known = this.#latest.get(token.content);
    return known !== undefined && PROPERTIES.every((property) => known[property] === token[property]);
  }

  /** The id of an added token, or of a token of the model. */
  idOf(content: string): number | undefined {
    return this.#ids.get(content) ?? this.#model.get(content);
  }

  /** By id, each as it was added last. */
  get tokens(): (AddedToken & { id: number })[] {
    return [...this.#latest.values()]
      .map((token) => ({ ...token, id: this.#ids.get(token.content)! }))
      .sort((a, b) => a.id - b.id);
  }

  /** Whether it was ever added as a special token. */
  isSpecial(content: string): boolean {
    return this.#special.has(content);
  }
}

const PROPERTIES = ["content", "single_word", "lstrip", "rstrip", "normalized", "special"] as const;
