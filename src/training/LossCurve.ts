import type { FineTuneSettings } from "./FineTuneOptions";
import { scheduleAt } from "./schedule";

/** Parts of a training that a curve tells apart. */
const PARTS = 24;

/** Fewer steps make no curve. */
const FEWEST_STEPS = 16;

/** What a curve has taken so far, as plain data. */
export interface CurveState {
  /** The loss of the first step. */
  first: number | null;
  /** Σ of loss · learning rate in each part. */
  losses: number[];
  /** Σ of the learning rate in each part. */
  rates: number[];
}

/**
 * How the training loss falls, in a few numbers: that of the first step, then its means over parts of the training in which the learning
 * rate adds up to the same, since at a small rate late in a schedule a loss falls slowly however far it has to go. A step counts for
 * each part in so far as it lies in it.
 */
export class LossCurve {
  #state: CurveState = { first: null, losses: zeros(), rates: zeros() };
  /** Sum of the schedule's factors before each step, and at the end. */
  #spent: number[] = [0];

  constructor({ schedule, warmup }: Pick<FineTuneSettings, "schedule" | "warmup">, steps: number) {
    const rising = Math.floor(warmup * steps);
    for (let step = 0; step < steps; step++)
      this.#spent.push(this.#spent[step] + scheduleAt(schedule, step, steps, rising));
  }

  get state(): CurveState {
    const { first, losses, rates } = this.#state;
    return { first, losses: [...losses], rates: [...rates] };
  }

  restore({ first, losses, rates }: CurveState): void {
    this.#state = { first, losses: [...losses], rates: [...rates] };
  }

  /** Takes a step's loss; steps are counted from 1. */
  take(step: number, loss: number): void {
    this.#state.first ??= loss;
    const { losses, rates } = this.#state;
    const part = this.#spent.at(-1)! / PARTS;
    const [from, to] = [this.#spent[step - 1], this.#spent[step]];
    for (let at = Math.floor(from / part); at < PARTS && at * part < to; at++) {
      const share = Math.min(to, (at + 1) * part) - Math.max(from, at * part);
      if (!(share > 0)) continue;
      losses[at] += loss * share;
      rates[at] += share;
    }
  }

  /** The first step's loss and the parts' means, those that were reached; null for a training of few steps. */
  get values(): number[] | null {
    const { first, losses, rates } = this.#state;
    if (first === null || this.#spent.length - 1 < FEWEST_STEPS) return null;
    const means = losses.flatMap((loss, i) => (rates[i] > 0 ? [loss / rates[i]] : []));
    return [first, ...means];
  }
}

const zeros = (): number[] => new Array<number>(PARTS).fill(0);
