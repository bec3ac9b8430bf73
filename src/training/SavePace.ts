/** When the state of a training is written: every so many steps or minutes; left out, as often as costs a fiftieth of the time. */
export type SaveEvery =
  | number
  | {
      /** From one state to the next. */
      minutes: number;
    };

/** The most of the time that writing takes where nothing else is asked for. */
const SHARE = 0.02;
/** Bytes a second that a disk is thought to take before the first write has shown it. */
const SLOW_DISK = 1e8;

/** Says when a state is to be written. Seconds are those of `now`. */
export class SavePace {
  #since: number;
  #steps = 0;
  #cost: number | null = null;

  constructor(
    private readonly every: SaveEvery | undefined,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.#since = now();
  }

  /** Whether a state is due after one more step; `bytes` is about its size. */
  step(bytes: () => number): boolean {
    this.#steps++;
    const { every } = this;
    if (typeof every === "number") return this.#steps >= every;
    return this.now() - this.#since >= (every ? 60 * every.minutes : this.#affordable(bytes));
  }

  /** Whether a state is due at the end of an epoch. */
  epoch(bytes: () => number): boolean {
    return this.every !== undefined || this.now() - this.#since >= this.#affordable(bytes);
  }

  /** Says that a state was written, or could not be, and how many seconds that took. */
  wrote(seconds: number): void {
    this.#cost = seconds;
    this.#steps = 0;
    this.#since = this.now();
  }

  #affordable(bytes: () => number): number {
    return (this.#cost ?? bytes() / SLOW_DISK) / SHARE;
  }
}
