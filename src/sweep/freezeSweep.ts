import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { ARGUMENTS, checkArguments } from "../options/checkArguments";
import { option } from "../options/Option";
import { checkNames, readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { OPTIONS, swept } from "../options/table";
import { Run } from "../training/Run";
import { Stoppable } from "../training/Stoppable";
import { folderOfName } from "./folderOfName";
import { runSweep } from "./runSweep";
import type { FreezeSweepOptions, SweepData, SweepEvent, SweepOptions, SweepResult } from "./SweepOptions";
import { checkStrategy } from "./strategies";
import type { TrialSettings } from "./trial";

const modelOption = option(
  "A checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was.",
  ARGUMENTS.freezeSweep.model,
  { required: true, also: ["checkpoint", "model_name", "model_name_or_path"] },
);

/**
 * Fine-tunes the same pretrained model once for each depth of freezing, or other recipe, and each seed, and records what each came
 * to.
 *
 * Every finished trial is on disk at once; a sweep that was cut off goes on where it stopped, inside a trial as well. One of other
 * options, rows or another model wants a folder of its own. A trial that fails is reported and the others go on.
 * `freezeSweep({ model, train, valid, ...options })` does the same.
 *
 * @param model a checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was
 * @throws InputError where an option is unknown or does not fit
 * @example
 * ```ts
 * const options = { n: [0, 2, 4, 6], seeds: [0, 1, 2], out: "runs/depths" };
 * const sweep = freezeSweep("data/all-MiniLM-L6-v2", { train, valid }, options);
 * for await (const event of sweep) if (event.type === "record") console.log(event.record.n, event.record.accuracy);
 * const { records } = await sweep;
 * ```
 */
export function freezeSweep(
  model: string | Classifier,
  data: SweepData,
  options?: SweepOptions,
): Run<SweepEvent, SweepResult>;
export function freezeSweep(options: FreezeSweepOptions): Run<SweepEvent, SweepResult>;
export function freezeSweep(
  first: string | Classifier | FreezeSweepOptions,
  data?: SweepData,
  options?: SweepOptions,
): Run<SweepEvent, SweepResult> {
  if (data === undefined && options === undefined && isOptions(first)) {
    checkNames("freezeSweep", { model: modelOption, ...swept, ...OPTIONS.freezeSweep }, first);
    const { model, train, valid, ...rest } = first;
    return start(model, { train, valid }, rest);
  }
  const model = first as string | Classifier;
  checkArguments("freezeSweep", { model });
  readNamed("freezeSweep", swept, data, "data");
  return start(model, data!, options);
}

/** A model is told by its stages: nothing else that is handed in has any. */
const isOptions = (first: unknown): first is FreezeSweepOptions =>
  typeof first === "object" && first !== null && !("stages" in first);

function start(source: string | Classifier, data: SweepData, options: SweepOptions | undefined) {
  checkArguments("freezeSweep", { model: source });
  const { train, valid } = data;
  for (const name of ["train", "valid"] as const) swept[name].kind.check(name, data[name], "freezeSweep");
  const {
    n,
    learningRates,
    strategies,
    seeds,
    out,
    name,
    about,
    signal,
    log = console.info,
    restart,
    saveEvery,
    maxMinutes,
    ...settings
  } = readOptions("freezeSweep", options);
  strategies?.forEach(checkStrategy);
  if (learningRates !== undefined && options?.learningRate !== undefined)
    throw new InputError("learningRates: expected these or a single learningRate, got both");
  const asked = Object.entries(settings).filter(
    ([key]) => options?.[key as keyof TrialSettings] !== undefined,
  );
  const stoppable = new Stoppable({
    name: "freezeSweep",
    signal,
    maxMinutes,
    keeps: true,
    ...(typeof source !== "string" && { trains: source }),
  });
  const plan = {
    ...{ source, train, valid, n, seeds, about, log, restart, saveEvery },
    signal: stoppable.signal,
    rates: learningRates ?? null,
    strategies: strategies ?? [],
    out: out ?? folderOfName(name),
    settings: Object.fromEntries(asked),
  };
  return new Run(runSweep(plan), stoppable);
}
