import type { RowPredictions } from "../sweep/RowPredictions";
import { isLowerBetter } from "../training/isLowerBetter";
import { pairedError } from "./pairedError";
import type { Goal } from "./SearchOptions";

/** A training that the search wants to know the result of. */
export interface Ask {
  n: number;
  learningRate: number;
  /** Depths that may still follow. */
  left: readonly number[];
}

/** What a training came to. */
export interface Told extends Pick<RowPredictions, "outputs" | "labels"> {
  /** On all validation rows, in the metric. */
  score: number;
}

/** What is searched through. */
export interface Race {
  /** In the order they are tried in, the deepest first. */
  depths: readonly number[];
  /** All that may be chosen from. */
  candidates: readonly number[];
  /** The rates of a depth in the order they are tried in: the likeliest, the higher ones, the lower ones. */
  rates(n: number): readonly number[];
  /** What a trial takes; 1 is a fine-tuning with nothing frozen. */
  cost(n: number): number;
  /** What is spent before the first trial. */
  spent: number;
  /** What all may take together: a trial that does not fit is never begun. */
  budget: number;
  goal: Goal;
  metric: string;
  /** What is trained by, where that is not the usual one. */
  loss?: unknown;
  /** Whether a depth is trained within the time that the goal leaves; asked before its first trial. */
  fits?(n: number): boolean;
}

/** Why no shallower depth was tried. */
export type Stopped =
  /** The last step gained too little for the next one, which as a rule gains half as much. */
  | "flat"
  /** It would have gone beyond the budget. */
  | "budget"
  /** There is none, or none that the goal has time for. */
  | "end";

/** How the walk ended. */
export interface Walk {
  stopped: Stopped;
  /** What each depth that was tried gained over the best deeper one, in the order they were tried in. */
  gains: { n: number; gain: number; standardError: number }[];
}

interface Tried extends Told {
  n: number;
  learningRate: number;
}

/** Trials of a depth that cost less are all run. */
const CHEAP = 0.06;

/**
 * Walks from the deepest freeze, which is cheap to train, to shallower ones. The deepest third is always looked at; the next one only
 * where the last step gained more than twice its standard error on the same rows, since steps gain less and less, as a rule half as
 * much: one that gained less leads to none that is worth more than an error. Each depth starts at its likeliest rate; cheap ones try the
 * rates beside it as well, and so does a depth that gained nothing over deeper ones.
 *
 * Asks for a training and is told what it came to, null where it failed. Nothing in it depends on a clock or on chance, but for a goal
 * that is a time.
 */
export function* searchPolicy(race: Race): Generator<Ask, Walk, Told | null> {
  const { depths, metric, loss, goal, budget } = race;
  const sign = isLowerBetter(metric) ? -1 : 1;
  const better = (a: Tried | null, b: Tried | null): Tried | null =>
    a === null || (b !== null && sign * (b.score - a.score) > 0) ? b : a;
  const deepest = depths[0];
  const gains: Walk["gains"] = [];
  let { spent } = race;
  let best: Tried | null = null;

  function* ask(n: number, learningRate: number): Generator<Ask, Tried | null, Told | null> {
    spent += race.cost(n);
    const told = yield { n, learningRate, left: depths.filter((each) => each < n) };
    return told && { ...told, n, learningRate };
  }
  const affords = (n: number) => spent + race.cost(n) <= budget;

  /** The best of a depth's rates: the likeliest one, and those beside it as long as they are better. */
  function* tryDepth(n: number): Generator<Ask, Tried | null, Told | null> {
    const [likeliest, ...others] = race.rates(n);
    const first = yield* ask(n, likeliest);
    let found = first;
    const cheap = race.cost(n) <= CHEAP;
    if (!cheap && first && gainOver(best, first) > 0) return first;
    const higher = others.filter((rate) => rate > likeliest);
    const lower = others.filter((rate) => rate < likeliest);
    // Few blocks have far to move; where many learn, a rate that did badly was too high.
    for (const side of cheap ? [higher, lower] : [lower, higher]) {
      if (found !== first) break;
      for (const rate of side) {
        if (!affords(n)) return found;
        const next = yield* ask(n, rate);
        const was = found;
        found = better(found, next);
        if (found === was || !cheap) break;
      }
      if (!cheap) break;
    }
    return found;
  }
  const gainOver = (from: Tried | null, to: Tried) => (from ? sign * (to.score - from.score) : 0);

  /** Whether the next depth is worth a look after a step that gained so much. */
  function goesOn(n: number, gain: number, error: number): boolean {
    if (typeof goal === "object" && "loss" in goal) return gain > 2 * goal.loss;
    if (goal !== "deepest") return gain > error;
    return n >= (2 * deepest) / 3 || gain > 2 * error;
  }

  let stopped: Stopped = "end";
  let last: { gain: number; standardError: number } | null = null;
  for (const [i, n] of depths.entries()) {
    if (i > 1 && last && n < (2 * deepest) / 3 && !goesOn(n, last.gain, last.standardError)) {
      stopped = "flat";
      break;
    }
    if (race.fits && !race.fits(n)) break;
    if (!affords(n)) {
      stopped = "budget";
      break;
    }
    const found: Tried | null = yield* tryDepth(n);
    if (!found) continue;
    if (best) {
      last = { gain: gainOver(best, found), standardError: pairedError(metric, found, best, loss) };
      gains.push({ n, ...last });
    }
    best = better(best, found);
  }
  yield* between();
  return { stopped, gains };

  /** Where depths were passed over: halves what lies between the best one and the next deeper one that was tried. */
  function* between(): Generator<Ask, void, Told | null> {
    if (!best) return;
    const above = depths.findLast((n) => n > best!.n);
    const gap = race.candidates.filter((n) => n > best!.n && above !== undefined && n < above);
    if (gap.length === 0) return;
    const middle = gap.sort((a, b) => a - b)[Math.floor(gap.length / 2)];
    if (affords(middle)) yield* ask(middle, race.rates(middle)[0]);
  }
}
