import type { FineTuneOptions } from "../training/FineTuneOptions";
import type { Recipe } from "./strategies";

/** How each trial of a sweep trains: `fineTune`'s options as far as they are plain JSON; the sweep itself keeps its trials and ends them. */
export type TrialSettings = Omit<
  FineTuneOptions,
  "seed" | "signal" | "features" | "log" | "resume" | "restart" | "saveEvery" | "maxMinutes"
>;

/** One training of a sweep, as plain JSON: it can be written down, sent to another process and run there. */
export interface Trial {
  /** Names it within its sweep. */
  trial: string;
  /** "freeze", or what its recipe is called. */
  strategy: string;
  /** Frozen blocks besides the embeddings; 0 is the embeddings alone, -1 nothing at all. -1 with a recipe, which freezes in its own way. */
  n: number;
  /** Of head, order of rows and dropout. */
  seed: number;
  /** How it trains. */
  settings: TrialSettings;
  /** What is done instead of freezing N blocks. */
  recipe?: Recipe;
}

/**
 * The trials of a sweep: depths rising, so that the frozen features of one serve the next, then the recipes; all seeds of each
 * together.
 */
export function trials(
  depths: readonly number[],
  recipes: readonly (Recipe & { name: string })[],
  seeds: readonly number[],
  settings: TrialSettings,
): Trial[] {
  const frozen = [...depths]
    .sort((a, b) => a - b)
    .flatMap((n) =>
      seeds.map((seed) => ({ trial: `freeze n=${n} seed=${seed}`, strategy: "freeze", n, seed, settings })),
    );
  const others = recipes.flatMap((recipe) =>
    seeds.map((seed) => ({
      trial: `${recipe.name} seed=${seed}`,
      strategy: recipe.name,
      n: -1,
      seed,
      settings,
      recipe,
    })),
  );
  return [...frozen, ...others];
}
