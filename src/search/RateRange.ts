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
    const least = this.#least.smoothed;
    // Losses of the user's own may be below 0.
    if (smoothed > tried[0].smoothed && smoothed > least + (DIVERGED - 1) * Math.abs(least)) this.diverge();
    else if (tried.length === range.steps) this.ended = "finished";
  }

  diverge(): void {
    this.ended = "diverged";
  }

  /**
   * A third of the rate of the least smoothed loss, in two digits; null where that loss is less than one and a half standard deviations
   * below those of the first steps, at whose rates little is learnt: single batches differ by as much.
   */
  get suggested(): number | null {
    const first = this.tried.slice(0, Math.ceil(FIRST * this.range.steps)).map(({ loss }) => loss);
    if (first.length < 2) return null;
    const mean = first.reduce((sum, loss) => sum + loss, 0) / first.length;
    const deviation = Math.sqrt(
      first.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (first.length - 1),
    );
    const { smoothed, learningRate } = this.#least;
    // Rounding is no fall.
    return smoothed < mean - Math.max(1.5 * deviation, 1e-3 * Math.abs(mean))
      ? Number((learningRate / 3).toPrecision(2))
      : null;
  }

  get #least(): RateTried {
    return this.tried.reduce((a, b) => (b.smoothed < a.smoothed ? b : a));
  }
}
