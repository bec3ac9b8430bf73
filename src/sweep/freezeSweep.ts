import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { readOptions } from "../options/readOptions";
import { Run } from "../training/Run";
import { runSweep } from "./runSweep";
import type { FreezeSweepOptions, SweepData, SweepEvent, SweepOptions, SweepResult } from "./SweepOptions";
import { checkStrategy } from "./strategies";
import { planSession, readCall } from "./sweepCall";

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
  const call = readCall("freezeSweep", first, data, options);
  const { n, learningRates, strategies = [], seeds, ...shared } = readOptions("freezeSweep", call.options);
  strategies.forEach(checkStrategy);
  if (learningRates !== undefined && call.options?.learningRate !== undefined)
    throw new InputError("learningRates: expected these or a single learningRate, got both");
  const { stoppable, plan } = planSession("freezeSweep", call, shared);
  return new Run(runSweep({ ...plan, n, seeds, strategies, rates: learningRates ?? null }), stoppable);
}
