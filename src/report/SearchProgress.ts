import type { SearchEvent } from "../search/SearchOptions";
import { formatCount } from "../text/numbers";
import { formatN } from "../text/trialTitle";
import type { Progress } from "./trainingProgress";

/**
 * Reads off a search's events how far it is: first the forward through the frozen part, then what is spent of its budget, which depths
 * are still in the race, and by the clock so far how long the rest takes at most.
 */
export class SearchProgress {
  #budget = 1;
  #begun: { at: number; spent: number } | null = null;
  #text = "";

  constructor(private readonly now: () => number = Date.now) {}

  /** Null for an event that moves nothing. */
  take(event: SearchEvent): Progress | null {
    if (event.type === "search") {
      this.#budget = event.budget;
      return { done: 0, total: 1, text: race(event.depths.toReversed()) };
    }
    if (event.type === "features") {
      const { done, total } = event;
      const text = `frozen forward, ${formatCount(done)} of ${formatCount(total)} rows through a block`;
      return { done, total, text };
    }
    if (event.type !== "trial") return null;
    const { spent, trial, left } = event;
    this.#begun ??= { at: this.now(), spent };
    const run = spent - this.#begun.spent;
    const seconds = (this.now() - this.#begun.at) / 1000;
    const most = run > 0 ? Math.round((seconds / run) * Math.max(0, this.#budget - spent)) : null;
    this.#text = race([trial.n, ...left]) + (most === null ? "" : `, at most ${most} s left`);
    return { done: Math.round(1000 * spent), total: Math.round(1000 * this.#budget), text: this.#text };
  }
}

/** "in the race: N = 4, 3, 2, 1, 0, none" */
const race = (depths: readonly number[]): string => `in the race: N = ${depths.map(formatN).join(", ")}`;
