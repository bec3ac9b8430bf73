import type { Classifier } from "../models/Classifier";
import { ARGUMENTS, checkArguments } from "../options/checkArguments";
import { option } from "../options/Option";
import { checkNames, readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { OPTIONS, swept } from "../options/table";
import { folderOfName } from "../sweep/folderOfName";
import type { SweepData } from "../sweep/SweepOptions";
import type { TrialSettings } from "../sweep/trial";
import { Run } from "../training/Run";
import { Stoppable } from "../training/Stoppable";
import { runSearch } from "./runSearch";
import type { SearchDepthOptions, SearchEvent, SearchOptions, SearchResult } from "./SearchOptions";

const modelOption = option(
  "A checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was.",
  ARGUMENTS.searchDepth.model,
  { required: true, also: ["checkpoint", "model_name", "model_name_or_path"] },
);

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
  if (data === undefined && options === undefined && isOptions(first)) {
    checkNames("searchDepth", { model: modelOption, ...swept, ...OPTIONS.searchDepth }, first);
    const { model, train, valid, ...rest } = first;
    return start(model, { train, valid }, rest);
  }
  const model = first as string | Classifier;
  checkArguments("searchDepth", { model });
  readNamed("searchDepth", swept, data, "data");
  return start(model, data!, options);
}

/** A model is told by its stages: nothing else that is handed in has any. */
const isOptions = (first: unknown): first is SearchDepthOptions =>
  typeof first === "object" && first !== null && !("stages" in first);

function start(source: string | Classifier, data: SweepData, options: SearchOptions | undefined) {
  checkArguments("searchDepth", { model: source });
  const { train, valid } = data;
  for (const name of ["train", "valid"] as const) swept[name].kind.check(name, data[name], "searchDepth");
  const {
    n,
    goal,
    learningRates: rates,
    seed,
    out,
    name,
    about,
    signal,
    log = console.info,
    restart,
    saveEvery,
    maxMinutes,
    ...settings
  } = readOptions("searchDepth", options);
  const asked = Object.entries(settings).filter(
    ([key]) => options?.[key as keyof SearchOptions] !== undefined,
  );
  const stoppable = new Stoppable({
    name: "searchDepth",
    signal,
    maxMinutes,
    ...(typeof source !== "string" && { trains: source }),
  });
  const plan = {
    ...{ source, train, valid, n, goal, rates, seed, about, log, restart, saveEvery },
    signal: stoppable.signal,
    out: out ?? folderOfName(name),
    settings: Object.fromEntries(asked) as TrialSettings,
  };
  return new Run(runSearch(plan), stoppable);
}
