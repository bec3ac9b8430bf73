import { ARRAYS, type Dtype, type Numbers } from "./Value";

interface Idle {
  numbers: Numbers;
  /** The run after which it was given back. */
  since: number;
}

/** Runs that an array may lie idle for. */
const PATIENCE = 6;

/** Arrays that outputs are written into: used again, since fresh memory costs more than the writing, and given up when long idle. */
export class Arrays {
  #idle = new Map<string, Idle[]>();
  #runs = 0;

  /** Its numbers are whatever they were. */
  take(dtype: Dtype, size: number): Numbers {
    return this.#idle.get(`${dtype}${size}`)?.pop()?.numbers ?? new ARRAYS[dtype](size);
  }

  giveBack(dtype: Dtype, numbers: Numbers): void {
    const key = `${dtype}${numbers.length}`;
    const list = this.#idle.get(key) ?? [];
    list.push({ numbers, since: this.#runs });
    this.#idle.set(key, list);
  }

  /** Gives all idle ones up. */
  clear(): void {
    this.#idle.clear();
  }

  /** To be told of each run. */
  age(): void {
    this.#runs++;
    for (const [key, list] of this.#idle) {
      const kept = list.filter(({ since }) => this.#runs - since <= PATIENCE);
      if (kept.length === 0) this.#idle.delete(key);
      else if (kept.length < list.length) this.#idle.set(key, kept);
    }
  }
}
