import type { Classifier } from "../models/Classifier";
import { ARGUMENTS, checkArguments } from "../options/checkArguments";
import { option } from "../options/Option";
import { checkNames, readNamed } from "../options/readNamed";
import { OPTIONS, swept } from "../options/table";
import { visibly } from "../text/visibly";
import { Stoppable } from "../training/Stoppable";
import { folderOfName } from "./folderOfName";
import type { SweepData, SweepOptions } from "./SweepOptions";
import type { SessionPlan } from "./SweepSession";
import type { TrialSettings } from "./trial";

/** A function that trains one model many times on the same rows. */
type Owner = "freezeSweep" | "searchDepth";

/** What one was called with. */
export interface SweepCall<Options> extends SweepData {
  source: string | Classifier;
  options: Options | undefined;
}

/** A model is told by its stages: nothing else that is handed in has any. */
const isWhole = <Whole extends object>(first: string | Classifier | Whole): first is Whole =>
  typeof first === "object" && first !== null && !("stages" in first);

/** Reads a call with model, rows and options apart, or all in one object; throws an InputError where model or rows do not fit. */
export function readCall<Options extends object>(
  owner: Owner,
  first: string | Classifier | (Options & SweepData & { model: string | Classifier }),
  data: SweepData | undefined,
  options: Options | undefined,
): SweepCall<Options> {
  if (data === undefined && options === undefined && isWhole(first)) {
    const source = option(
      "A checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was.",
      ARGUMENTS[owner].model,
      { required: true, also: ["checkpoint", "model_name", "model_name_or_path"] },
    );
    checkNames(owner, { model: source, ...swept, ...OPTIONS[owner] }, first);
    const { model, train, valid, ...rest } = first;
    checkArguments(owner, { model });
    readNamed(owner, swept, { train, valid });
    return { source: model, train, valid, options: rest as unknown as Options };
  }
  const model = first as string | Classifier;
  checkArguments(owner, { model });
  readNamed(owner, swept, data, "data");
  const { train, valid } = data!;
  return { source: model, train, valid, options };
}

/** The options that a sweep and a search have in common, read; the rest of them are how each trial trains. */
type Shared = Pick<SweepOptions, "out" | "signal" | "log" | "saveEvery" | "maxMinutes"> &
  Required<Pick<SweepOptions, "name" | "about" | "restart">>;

/** What stops the run of a call, and what its session is planned by; settings are those alone that were asked for. */
export function planSession(
  owner: Owner,
  { source, train, valid, options = {} }: SweepCall<object>,
  {
    out,
    name,
    about,
    signal,
    log: print = console.info,
    restart,
    saveEvery,
    maxMinutes,
    ...settings
  }: Shared,
): { stoppable: Stoppable; plan: Omit<SessionPlan, "rates"> } {
  const stoppable = new Stoppable({
    name: owner,
    signal,
    maxMinutes,
    keeps: true,
    ...(typeof source !== "string" && { trains: source }),
  });
  const given = options as Record<string, unknown>;
  const asked = Object.entries(settings).filter(([name]) => given[name] !== undefined);
  return {
    stoppable,
    plan: {
      ...{ source, train, valid, about, log: visibly(print), restart, saveEvery },
      signal: stoppable.signal,
      out: out ?? folderOfName(name),
      settings: Object.fromEntries(asked) as TrialSettings,
    },
  };
}
