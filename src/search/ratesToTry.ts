import type { Classifier } from "../models/Classifier";
import { autoRates } from "../sweep/autoRates";
import type { FineTuneSettings } from "../training/FineTuneOptions";

/**
 * The rates of a depth in the order they are tried in: the likeliest, then the higher ones, then the lower ones. The likeliest of "auto"
 * is the middle one of three, but the highest where from half to two thirds of the blocks are frozen and the head is drawn at random
 * (docs/choosing-n.md has what that was measured on); of a list it is the one nearest to that.
 */
export function ratesToTry(
  model: Pick<Classifier, "depths">,
  n: number,
  rates: readonly number[] | "auto",
  headInit: FineTuneSettings["headInit"] = "random",
): number[] {
  const auto = autoRates(model, n, headInit).toSorted((a, b) => a - b);
  const deepest = Math.max(...model.depths);
  const isMiddle = n >= deepest / 2 && n < (2 * deepest) / 3;
  const likeliest = auto[isMiddle && headInit === "random" ? 2 : 1];
  const listed = (rates === "auto" ? auto : rates).toSorted((a, b) => a - b);
  const off = (rate: number) => Math.abs(Math.log(rate / likeliest));
  const start = listed.reduce((near, rate, i) => (off(rate) < off(listed[near]) ? i : near), 0);
  return [listed[start], ...listed.slice(start + 1), ...listed.slice(0, start).reverse()];
}
