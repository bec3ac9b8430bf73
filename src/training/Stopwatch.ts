/** Seconds of work, leaving out what passes between a `lap` and the next `restart`. */
export class Stopwatch {
  #since = performance.now();

  restart(): void {
    this.#since = performance.now();
  }

  /** Seconds since the last `restart`. */
  lap(): number {
    return (performance.now() - this.#since) / 1000;
  }
}
