import type { Classifier } from "../models/Classifier";
import type { FineTuneSettings } from "../training/FineTuneOptions";
import type { Recipe } from "./strategies";

/** Where everything, or nearly all, learns: the rates of a usual fine-tuning. */
const ALL = [5e-5, 2e-4, 5e-4];
const HALF = [2e-4, 5e-4, 1e-3];
const LAST_BLOCKS = [5e-4, 1e-3, 3e-3];
/** Biases, norms or adapters throughout the model. */
const FEW = [1e-3, 3e-3, 1e-2];
/** A head on features that stay as they are. */
const HEAD = [3e-3, 1e-2, 3e-2];

/**
 * The learning rates of `learningRates: "auto"`: three for each depth, from one row of numbers so that neighbouring depths share two.
 * The less of a model learns, the further it has to move, unless its head starts from a probe: then the rates of a usual fine-tuning serve
 * all depths, and high ones harm (docs/choosing-n.md has what was measured).
 */
export function autoRates(
  model: Pick<Classifier, "depths">,
  n: number,
  headInit: FineTuneSettings["headInit"] = "random",
): readonly number[] {
  if (headInit === "probe") return ALL;
  const deepest = Math.max(...model.depths);
  if (n >= deepest) return HEAD;
  if (n < deepest / 2) return ALL;
  return n < (2 * deepest) / 3 ? HALF : LAST_BLOCKS;
}

/** The same for a recipe. */
export const autoRatesOf = ({ recipe }: Pick<Recipe, "recipe">): readonly number[] =>
  recipe === "layerwiseDecay" || recipe === "gradual" ? ALL : FEW;
