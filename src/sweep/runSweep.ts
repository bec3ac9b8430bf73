import { checkInteger } from "../check";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { formatRate } from "../text/numbers";
import { checkDepthsOf } from "../training/Adversary";
import { checkHeadInit } from "../training/checkHeadInit";
import { checkWeights } from "../training/checkWeights";
import type { FineTuneSettings } from "../training/FineTuneOptions";
import { autoRates, autoRatesOf } from "./autoRates";
import { checkDepths } from "./checkDepths";
import { checkJson } from "./checkJson";
import { rateOf } from "./rateOf";
import type { TrialRecord } from "./record";
import type { SweepEvent, SweepOptions, SweepResult } from "./SweepOptions";
import { type SessionPlan, SweepSession } from "./SweepSession";
import { applyRecipe, checkStrategies, type Strategy } from "./strategies";
import { type Rates, type Trial, trials } from "./trial";

/** A sweep with all that was left out filled in, but the settings, which records hold as they were asked for. */
export interface Plan extends SessionPlan, Pick<SweepOptions, "n"> {
  seeds: readonly number[];
  strategies: readonly Strategy[];
}

/** Runs the trials that the sweep's folder has no record of, and yields what happens. */
export async function* runSweep(plan: Plan): AsyncGenerator<SweepEvent, SweepResult> {
  const { n, strategies, rates, seeds, signal, settings } = plan;
  const session = await SweepSession.load(plan);
  const { model, train, features, pretrained, whole } = session;
  try {
    // Of all seeds before the first trial, not hours later.
    for (const seed of seeds) checkWeights(train, { ...whole, seed });
    if (whole.headInit === "probe") checkHeadInit(model);
    checkJson({ ...settings, strategies });
    const recipes = checkStrategies(strategies, model, whole.epochs);
    const depths =
      n?.length === 0 && recipes.length > 0 ? [] : checkDepths(n ?? [-1, ...model.depths], model.depth);
    checkDepthsOf(whole.adversarial, depths);
    checkSeeds(seeds);
    try {
      // What a recipe asks of the model shows before the first trial.
      for (const recipe of recipes) applyRecipe(model, recipe, 0)();
    } finally {
      pretrained.restoreFlags();
    }
    await session.open();
    const { kept } = session;
    const single = rateOf({ settings })!;
    // A rate that is one of several in the folder goes by their names.
    const several = kept.some((record) => record.learningRate !== undefined || rateOf(record) !== single);
    const listed = rates ?? (several ? [single] : null);
    if (rates === null && several) sayJoined(kept, single, plan);
    const planned = trials(depths, recipes, ratesOf(listed, model, whole), [...new Set(seeds)], settings);
    const records = new Map<string, TrialRecord>();
    for (const trial of planned) {
      const record = session.find(trial);
      if (!record) continue;
      records.set(trial.trial, record);
      session.clearState(trial);
    }
    yield { type: "start", trials: planned, done: records.size };
    const failed: SweepResult["failed"] = [];
    let before: Trial | null = null;
    for (const [index, trial] of planned.entries()) {
      if (signal?.aborted) break;
      if (records.has(trial.trial)) continue;
      // In half precision features are rounded where they are cached: those of another depth would carry that into this one's, and a
      // trial's numbers would depend on which trials ran in this process.
      if (whole.precision !== "fp32" && (trial.recipe || trial.n !== before?.n)) features.dispose();
      before = trial;
      yield { type: "trial", trial, index, count: planned.length };
      const result = yield* session.run(trial, failed);
      if (!result) continue;
      const record = session.append(trial, result);
      records.set(trial.trial, record);
      yield { type: "record", record, index, count: planned.length };
    }
    return {
      records: planned.flatMap(({ trial }) => records.get(trial) ?? []),
      failed,
      aborted: signal?.aborted ?? false,
      folder: session.folder,
    };
  } finally {
    session.close();
  }
}

/** A rate that the folder has not yet may have been meant for a folder of its own. */
function sayJoined(kept: TrialRecord[], rate: number, { out, log }: Plan): void {
  const known = [...new Set(kept.map(rateOf))].filter((each) => each !== null).sort((a, b) => a - b);
  if (known.length === 0 || known.includes(rate)) return;
  log(`${out}: trials at rate ${formatRate(rate)} join those at ${known.map(formatRate).join(", ")}`);
}

function checkSeeds(seeds: readonly number[]): void {
  if (seeds.length === 0) throw new InputError("seeds: expected at least one, got none");
  for (const seed of seeds) checkInteger("seeds", seed);
}

function ratesOf(
  rates: Plan["rates"],
  model: Classifier,
  { headInit }: Pick<FineTuneSettings, "headInit">,
): Rates {
  const listed = rates === "auto" ? null : rates;
  return {
    ofDepth: (n) => (rates === "auto" ? autoRates(model, n, headInit) : listed),
    ofRecipe: (recipe) => {
      if (recipe.learningRate !== undefined) return null;
      return rates === "auto" ? autoRatesOf(recipe) : listed;
    },
  };
}
