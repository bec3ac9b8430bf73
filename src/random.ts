import { checkInteger, shown } from "./check";
import { InputError } from "./errors";

/**
 * A stream of random numbers that depends on nothing but its seeds: the same seeds, the same numbers, whatever ran before.
 * Streams for different purposes take a purpose as a further seed: `new Random(seed, "head")`.
 * sfc32 (Chris Doty-Humphrey, PractRand) seeded through a 128-bit mix of the parts.
 *
 * @throws InputError for a seed that is neither a number nor a text
 * @example
 * ```ts
 * const random = new Random(0, "noise");
 * const noise = Float32Array.from({ length: 8 }, () => random.normal());
 * ```
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(...seeds: (number | string)[]) {
    // An object would be taken for "[object Object]", whatever seed stands in it.
    for (const seed of seeds)
      if (typeof seed !== "string" && (typeof seed !== "number" || Number.isNaN(seed)))
        throw new InputError(`Random: expected numbers and texts as seeds, got ${shown(seed)}`);
    [this.#a, this.#b, this.#c, this.#d] = mix(seeds.join("\u0000"));
    for (let i = 0; i < 15; i++) this.uint32();
  }

  /** A whole number, uniform on [0, 2^32). */
  uint32(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform on [0, 1). */
  uniform(): number {
    return this.uint32() / 4294967296;
  }

  /** A whole number, uniform on [0, n). */
  integer(n: number): number {
    checkInteger("Random.integer: n", n, 1);
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { length: number; [i: number]: unknown }>(array: T): T {
    if (typeof array !== "object" || array === null || !Number.isInteger(array.length))
      throw new InputError(`Random.shuffle: array: expected a list, got ${shown(array)}`);
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [array[i], array[j]] = [array[j], array[i]];
    }
    return array;
  }
}

/** Four 32-bit words from a text, by multiply and rotate over its UTF-16 units. */
function mix(text: string): [number, number, number, number] {
  const words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];
  const multipliers = [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1];
  for (let i = 0; i < text.length; i++)
    for (let w = 0; w < 4; w++) {
      const x = Math.imul(words[w] ^ text.charCodeAt(i), multipliers[w]);
      words[w] = ((x << 13) | (x >>> 19)) + words[(w + 1) & 3];
    }
  return words.map((x) => x | 0) as [number, number, number, number];
}
