import { formatRate } from "./numbers";

/** What names a trial, or the trials of a depth: how deep it freezes, or the recipe that it follows instead. */
interface Named {
  /** "freeze", or what the recipe is called. */
  strategy: string;
  /** Frozen blocks; -1 for none. */
  n: number;
  recipe?: unknown;
}

/** How a depth is written: "3", and "none" for -1, where nothing is frozen. */
export const formatN = (n: number): string => (n === -1 ? "none" : String(n));

/** "N = 3", "N = none", or the recipe's name. */
export const trialTitle = ({ strategy, n, recipe }: Named): string =>
  recipe ? strategy : `N = ${formatN(n)}`;

/** "N = 3, seed 0", or "lora, seed 0"; in a sweep of several rates "N = 3, rate 1e-3, seed 0". */
export function trialName(trial: Named & { learningRate?: number; seed: number }): string {
  const rate = trial.learningRate === undefined ? "" : `, rate ${formatRate(trial.learningRate)}`;
  return `${trialTitle(trial)}${rate}, seed ${trial.seed}`;
}
