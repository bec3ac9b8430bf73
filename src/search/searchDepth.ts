import type { Classifier } from "../models/Classifier";
import { readOptions } from "../options/readOptions";
import type { SweepData } from "../sweep/SweepOptions";
import { planSession, readCall } from "../sweep/sweepCall";
import { Run } from "../training/Run";
import { runSearch } from "./runSearch";
import type { SearchDepthOptions, SearchEvent, SearchOptions, SearchResult } from "./SearchOptions";

/**
 * Finds how deep to freeze, and at which learning rate, in less time than one fine-tuning with nothing frozen takes: what a sweep over
 * all depths and rates would recommend, as far as the validation rows can tell.
 *
 * The frozen part runs once over all rows, for all depths. Then it trains the deepest freezes, which take seconds, and goes to shallower
 * ones only while these score better on the same rows by more than twice the standard error. What a trial takes is counted, never
 * clocked, so the same seed gives the same choice. Trials are those of a sweep, on disk at once: a search that was stopped goes on where
 * it was, and `freezeSweep` with the same folder, options and `learningRates` does not run them again.
 * `searchDepth({ model, train, valid, ...options })` does the same.
 *
 * @param model a checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was
 * @throws InputError where an option is unknown or does not fit; what a trial threw where none came to its end
 * @example
 * ```ts
 * const options = { epochs: 3, out: "runs/how-deep" };
 * const { n, learningRate, sentence } = await searchDepth("data/all-MiniLM-L6-v2", { train, valid }, options);
 * console.log(sentence);
 * if (n >= 0) topNLayerFreeze(model, n);
 * await fineTune(model, { train, valid }, { epochs: 3, learningRate });
 * ```
 */
export function searchDepth(
  model: string | Classifier,
  data: SweepData,
  options?: SearchOptions,
): Run<SearchEvent, SearchResult>;
export function searchDepth(options: SearchDepthOptions): Run<SearchEvent, SearchResult>;
export function searchDepth(
  first: string | Classifier | SearchDepthOptions,
  data?: SweepData,
  options?: SearchOptions,
): Run<SearchEvent, SearchResult> {
  const call = readCall("searchDepth", first, data, options);
  const { n, goal, learningRates: rates, seed, ...shared } = readOptions("searchDepth", call.options);
  const { stoppable, plan } = planSession("searchDepth", call, shared);
  return new Run(runSearch({ ...plan, n, goal, rates, seed }), stoppable);
}
