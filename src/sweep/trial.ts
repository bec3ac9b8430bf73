import { formatRate } from "../text/numbers";
import type { FineTuneOptions } from "../training/FineTuneOptions";
import type { Recipe } from "./strategies";

/** How each trial of a sweep trains: `fineTune`'s options as far as they are plain JSON; the sweep itself keeps its trials and ends them. */
export type TrialSettings = Omit<
  FineTuneOptions,
  | "seed"
  | "signal"
  | "features"
  | "log"
  | "resume"
  | "restart"
  | "saveEvery"
  | "maxMinutes"
  | "metric"
  | "metrics"
> & {
  /** The name of one of the kit's metrics, or "loss": one of the user's own is no plain JSON. */
  metric?: string;
  /** Names of the kit's further metrics. */
  metrics?: string[];
};

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
  /** Its peak learning rate, where the sweep tries several; it stands in the settings as well. */
  learningRate?: number;
  /** How it trains. */
  settings: TrialSettings;
  /** What is done instead of freezing N blocks. */
  recipe?: Recipe;
}

/** The learning rates to try at each depth and with each recipe; null where that of the settings, or of the recipe, is the only one. */
export interface Rates {
  ofDepth(n: number): readonly number[] | null;
  ofRecipe(recipe: Recipe): readonly number[] | null;
}

/**
 * The trials of a sweep: depths rising, so that the frozen features of one serve the next, then the recipes; all rates and seeds of
 * each together.
 */
export function trials(
  depths: readonly number[],
  recipes: readonly (Recipe & { name: string })[],
  rates: Rates,
  seeds: readonly number[],
  settings: TrialSettings,
): Trial[] {
  const each = (
    name: string,
    rates: readonly number[] | null,
    what: Pick<Trial, "strategy" | "n" | "recipe">,
  ) =>
    (rates ?? [null]).flatMap((rate) =>
      seeds.map((seed) => ({
        trial: `${name} ${rate === null ? "" : `lr=${formatRate(rate)} `}seed=${seed}`,
        strategy: what.strategy,
        n: what.n,
        seed,
        ...(rate !== null && { learningRate: rate }),
        settings: rate === null ? settings : { ...settings, learningRate: rate },
        ...(what.recipe && { recipe: what.recipe }),
      })),
    );
  return [
    ...depths
      .toSorted((a, b) => a - b)
      .flatMap((n) => each(`freeze n=${n}`, rates.ofDepth(n), { strategy: "freeze", n })),
    ...recipes.flatMap((recipe) =>
      each(recipe.name, rates.ofRecipe(recipe), { strategy: recipe.name, n: -1, recipe }),
    ),
  ];
}
