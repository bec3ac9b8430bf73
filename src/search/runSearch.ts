import { FrostError, InputError } from "../errors";
import { checkDepths } from "../sweep/checkDepths";
import { checkJson } from "../sweep/checkJson";
import { readPredictions } from "../sweep/readPredictions";
import { epochOfWeights, type TrialRecord } from "../sweep/record";
import { type SessionPlan, SweepSession } from "../sweep/SweepSession";
import { epochScore } from "../sweep/summarize";
import { trials } from "../sweep/trial";
import { checkDepthsOf } from "../training/Adversary";
import { metricName } from "../training/CustomMetric";
import { checkHeadInit } from "../training/checkHeadInit";
import { checkMetrics } from "../training/checkMetrics";
import { checkWeights } from "../training/checkWeights";
import { nextTurn } from "../training/nextTurn";
import { Stopwatch } from "../training/Stopwatch";
import { chooseDepth } from "./chooseDepth";
import { depthsToPrepare } from "./depthsToPrepare";
import { depthsToTry } from "./depthsToTry";
import { ratesToTry } from "./ratesToTry";
import type { Goal, SearchEvent, SearchOptions, SearchResult } from "./SearchOptions";
import { type Ask, searchPolicy, type Told, type Walk } from "./searchPolicy";
import { type TrialCosts, trialCosts } from "./trialCosts";

/** A search with all that was left out filled in, but the settings, which records hold as they were asked for. */
export interface SearchPlan extends SessionPlan, Pick<SearchOptions, "n"> {
  rates: readonly number[] | "auto";
  seed: number;
  goal: Goal;
}

/**
 * What all trials may take together, counted: less than one fine-tuning with nothing frozen by so much that it holds by the clock as
 * well, though counting is off by up to a fifth.
 */
const BUDGET = 0.8;

/** Asks the policy which trial comes next, runs those that the folder has no record of, and yields what happens. */
export async function* runSearch(plan: SearchPlan): AsyncGenerator<SearchEvent, SearchResult> {
  const { n, rates, seed, goal, signal, settings, log } = plan;
  const stopwatch = new Stopwatch();
  const session = await SweepSession.load(plan, { allDepths: true });
  const { model, train, valid, whole, features } = session;
  try {
    checkWeights(train, { ...whole, seed });
    if (whole.headInit === "probe") checkHeadInit(model);
    checkJson(settings);
    const candidates = checkDepths(n ?? [-1, ...model.depths], model.depth).sort((a, b) => a - b);
    checkDepthsOf(whole.adversarial, candidates);
    // One of the user's own was refused above.
    const metric = metricName(whole.metric);
    checkMetrics("metric", [metric], valid.labels, ["loss"]);
    await session.open();
    session.bench.evaluatesLast = true;
    const costs = trialCosts(model, candidates, train, valid, whole);
    const depths = depthsToTry(candidates);
    const prepared = costs.features === 0 ? [] : depthsToPrepare(depths);
    yield { type: "search", depths: candidates, budget: BUDGET, settings, metric };

    const records: TrialRecord[] = [];
    const failed: SearchResult["failed"] = [];
    /** What the forward through each depth's block took; it leaves the map with the first record of that depth. */
    const passes = new Map<number, Pass>();
    let [seconds, spent] = [0, costs.features];
    let isReady = costs.features === 0;
    const limit = typeof goal === "object" && "minutes" in goal ? goal.minutes : Number.POSITIVE_INFINITY;
    const fits = (depth: number) => records.length === 0 || minutesOf(depth, records, costs) <= limit;
    const costOf = (depth: number) => {
      const isFirst = !records.some((record) => record.n === depth);
      return costs.trial(depth) + (isFirst ? costs.pass(depth, startOf(depth)) : 0);
    };
    const startOf = (depth: number) => prepared.findLast((each) => each <= depth) ?? null;
    const policy = searchPolicy({
      depths,
      candidates,
      rates: (depth) => ratesToTry(model, depth, rates, whole.headInit),
      cost: costOf,
      spent: costs.features,
      budget: BUDGET,
      goal,
      metric,
      loss: whole.loss,
      fits,
    });
    let walk: Walk | null = null;
    let turn = policy.next(null);
    while (!signal?.aborted) {
      if (turn.done) {
        walk = turn.value;
        break;
      }
      const told = yield* answer(turn.value);
      if (signal?.aborted) break;
      turn = policy.next(told);
    }
    if (records.length === 0)
      throw (
        failed[0]?.error ??
        new FrostError(
          "searchDepth: stopped before a trial had ended, so no depth is known; started again, it goes on",
        )
      );
    const choice = chooseDepth({
      ...{ records, metric, goal, candidates, walk },
      fits,
      cost: costs.trial,
    });
    return {
      ...choice,
      metric,
      records,
      failed,
      cost: spent,
      seconds,
      aborted: walk === null,
      folder: session.folder,
    };

    /** Runs the frozen part once, straight to the shallowest depth that is prepared and on to each other; whether it came to its end. */
    async function* prepareFeatures(): AsyncGenerator<SearchEvent, boolean> {
      const { batchSize, precision } = whole;
      const datasets = train.varies ? [valid] : [train, valid];
      const total = datasets.reduce((sum, rows) => sum + rows.count, 0) * prepared.length;
      let before = 0;
      for (const depth of prepared) {
        const pass: Pass = { seconds: 0, cached: false };
        for (const { dataset, count } of datasets) {
          stopwatch.restart();
          for await (const { done, cached } of features.prepare(
            dataset,
            costs.stages(depth),
            batchSize,
            precision,
          )) {
            pass.seconds += stopwatch.lap();
            pass.cached ||= cached === true;
            yield { type: "features", done: before + done, total };
            if (signal?.aborted) return false;
            await nextTurn();
            stopwatch.restart();
          }
          pass.seconds += stopwatch.lap();
          before += count;
        }
        if (!session.kept.some((record) => record.n === depth)) passes.set(depth, pass);
        seconds += pass.seconds;
      }
      return true;
    }

    /** Finds or runs the trial that the policy asks for; null where it failed or was stopped. */
    async function* answer({ n: depth, learningRate, left }: Ask): AsyncGenerator<SearchEvent, Told | null> {
      const ofRate = { ofDepth: () => [learningRate], ofRecipe: () => null };
      const [trial] = trials([depth], [], ofRate, [seed], settings);
      yield { type: "trial", trial, spent, left };
      spent += costOf(depth);
      const kept = session.find(trial);
      const known = kept && tell(kept);
      if (known) {
        take(kept, kept.frozenSeconds);
        yield { type: "record", record: kept, known: true };
        return known;
      }
      if (!isReady && !(yield* prepareFeatures())) return null;
      isReady = true;
      // As in a sweep: in half precision a depth's features are rounded, which those of others must not start from.
      if (whole.precision !== "fp32") features.dispose();
      const result = yield* session.run(trial, failed);
      if (!result) return null;
      const record = session.append(trial, { ...result, record: chargePass(result.record) });
      take(record, result.record.frozenSeconds);
      yield { type: "record", record, known: false };
      return { ...result.predictions, score: scoreOf(record) };
    }

    /** `frozen` are the seconds of forwards through the frozen part that are not counted yet. */
    function take(record: TrialRecord, frozen: number): void {
      records.push(record);
      seconds += trainingSeconds(record) + frozen;
    }

    /** The first record of a depth says what its block took in the forward that all share, as in a sweep, where depths rise. */
    function chargePass(record: TrialRecord): TrialRecord {
      const pass = passes.get(record.n);
      passes.delete(record.n);
      return pass
        ? {
            ...record,
            frozenSeconds: record.frozenSeconds + pass.seconds,
            ...(pass.cached && { frozenFrom: "cache" }),
          }
        : record;
    }

    /** What a record of an earlier run came to; null where its predictions are gone, so that it is run again. */
    function tell(record: TrialRecord): Told | null {
      // One that was judged by another metric does not say this one.
      if (typeof epochScore(epochOfWeights(record), metric) !== "number") return null;
      try {
        return { ...readPredictions(session.folder, record), score: scoreOf(record) };
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        log(`${record.trial}: its predictions are missing or damaged, so it is run again`);
        return null;
      }
    }

    function scoreOf(record: TrialRecord): number {
      return epochScore(epochOfWeights(record), metric)!;
    }
  } finally {
    session.close();
  }
}

/** What a depth's part of the forward that all share took, and whether it was read from disk. */
interface Pass {
  seconds: number;
  cached: boolean;
}

const trainingSeconds = ({ epochs }: TrialRecord): number =>
  epochs.reduce((sum, epoch) => sum + epoch.trainSeconds + epoch.evalSeconds, 0);

/** By the clock: what a fine-tuning with N blocks frozen takes by itself, from what those so far took. */
function minutesOf(n: number, records: readonly TrialRecord[], costs: TrialCosts): number {
  const sum = (of: (record: TrialRecord) => number) => records.reduce((total, each) => total + of(each), 0);
  const unit = sum(trainingSeconds) / sum((record) => costs.trial(record.n));
  return ((costs.trial(n) + costs.features) * unit) / 60;
}
