/** A rate that was tried for one step. */
export interface RateTried {
  /** Of that step. */
  learningRate: number;
  /** Of the step's rows, dropout and smoothing included. */
  loss: number;
  /** The losses so far, the newer the heavier. */
  smoothed: number;
}

/** Over about which share of the steps the loss is smoothed: less than fastai's half, which lags behind more. */
const SPAN = 0.2;

/** The share of the steps, the first, from which is read how batches differ. */
const FIRST = 0.1;

/** How many times the least smoothed loss it may come to: as in fastai. */
const DIVERGED = 4;

/**
 * A range test: rates that rise by the same factor from step to step, and what the loss does meanwhile. It is smoothed as by Adam: an
 * exponential mean, without the pull of the zero that it starts from.
 */
export class RateRange {
  readonly tried: RateTried[] = [];
  ended: "diverged" | "finished" | null = null;
  #mean = 0;
  #weight = 0;

  constructor(private readonly range: { min: number; max: number; steps: number }) {}

  /** The rate of a step, from 0. */
  at(step: number): number {
    const { min, max, steps } = this.range;
    return max * (min / max) ** (1 - Math.min(1, step / (steps - 1)));
  }

  /** Takes the loss of the next step. */
  take(loss: number): void {
    const { tried, range } = this;
    const weight = Math.min(1, 1 / (SPAN * range.steps));
    this.#mean += weight * (loss - this.#mean);
    this.#weight += weight * (1 - this.#weight);
    const smoothed = this.#mean / this.#weight;
    tried.push({ learningRate: this.at(tried.length), loss, smoothed });
    if (this.#hasDiverged(smoothed)) this.diverge();
    else if (tried.length === range.steps) this.ended = "finished";
  }

  diverge(): void {
    this.ended = "diverged";
  }

  /**
   * A third of the rate of the least smoothed loss, in two digits; null where that loss is less than a standard deviation below those of
   * the first steps, at whose rates little is learnt: single batches differ by as much.
   */
  get suggested(): number | null {
    const { first, later } = this.#parts;
    if (later.length === 0) return null;
    const mean = meanOf(first);
    const squares = first.reduce((sum, { loss }) => sum + (loss - mean) ** 2, 0);
    const deviation = Math.sqrt(squares / (first.length - 1));
    const { smoothed, learningRate } = leastOf(later);
    // Rounding is no fall.
    return smoothed < mean - Math.max(deviation, 1e-3 * Math.abs(mean))
      ? Number((learningRate / 3).toPrecision(2))
      : null;
  }

  #hasDiverged(smoothed: number): boolean {
    const { first, later } = this.#parts;
    if (later.length === 0) return false;
    const least = leastOf(later).smoothed;
    // Losses of the user's own may be below 0.
    return smoothed > meanOf(first) && smoothed > least + (DIVERGED - 1) * Math.abs(least);
  }

  /** The first ones, whose smoothed loss is still that of a few batches, and those behind them. */
  get #parts(): Record<"first" | "later", RateTried[]> {
    const count = Math.ceil(FIRST * this.range.steps);
    return { first: this.tried.slice(0, count), later: this.tried.slice(count) };
  }
}

const meanOf = (tried: readonly RateTried[]): number =>
  tried.reduce((sum, { loss }) => sum + loss, 0) / tried.length;

const leastOf = (tried: readonly RateTried[]): RateTried =>
  tried.reduce((a, b) => (b.smoothed < a.smoothed ? b : a));
