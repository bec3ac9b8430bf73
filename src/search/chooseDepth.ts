import { bestDepth } from "../sweep/bestDepth";
import { judgeRows } from "../sweep/judgeRows";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import { type Difference, pairedDifference } from "../sweep/pairedDifference";
import { rateOf } from "../sweep/rateOf";
import type { TrialRecord } from "../sweep/record";
import { type DepthSummary, summarize } from "../sweep/summarize";
import { formatMany, formatRate, formatScore } from "../text/numbers";
import { formatN } from "../text/trialTitle";
import { isLowerBetter } from "../training/isLowerBetter";
import type { Goal, SearchedDepth } from "./SearchOptions";
import type { Walk } from "./searchPolicy";

/** What was measured, and what may be chosen. */
export interface Measured {
  records: TrialRecord[];
  metric: string;
  goal: Goal;
  /** The shallowest first. */
  candidates: readonly number[];
  /** How the walk ended; null where it was stopped. */
  walk: Walk | null;
  /** Whether a depth keeps to the time that the goal leaves. */
  fits(n: number): boolean;
  /** Of fine-tuning with N blocks frozen, as a share of that with none. */
  cost(n: number): number;
}

/** The depth to take, with what is known of all others and the same in words. */
export interface Choice {
  n: number;
  learningRate: number;
  sentence: string;
  depths: SearchedDepth[];
}

/** Takes the depth that the goal asks for among those that were measured, and says what the rows can tell of the others. */
export function chooseDepth(measured: Measured): Choice {
  const { records, metric, goal, candidates, walk, fits, cost } = measured;
  const rows = summarize(records, { metric }).filter(({ n }) => fits(n));
  const { chosen, why } = choose(rows, goal, metric);
  const recordOf = (row: DepthSummary) =>
    records.find((record) => record.n === row.n && rateOf(record) === row.learningRate)!;
  const judged = judgeRows(rows.map(recordOf), metric);
  const differenceOf = (row: DepthSummary): (Difference & { mean: number }) | null => {
    const [ours, theirs] = [row, chosen].map((each) => judged.get(recordOf(each))!);
    if (row === chosen || typeof ours === "string" || typeof theirs === "string") return null;
    const difference = pairedDifference([ours.draws], [theirs.draws]);
    return difference && { mean: row.score.mean - chosen.score.mean, ...difference };
  };
  const known = new Map(rows.map((row) => [row.n, { row, difference: differenceOf(row) }]));
  const depths = candidates.map((n): SearchedDepth => {
    const found = known.get(n);
    if (found) {
      const { row, difference } = found;
      const { learningRate, score } = row;
      return { n, state: "measured", learningRate, score: score.mean, difference, cost: cost(n) };
    }
    const none = { n, learningRate: null, difference: null, cost: cost(n) };
    return fits(n)
      ? { ...none, state: "predicted", score: predict(n, rows, walk, metric) }
      : { ...none, state: "dropped", score: null };
  });
  const said = [why, sayAlike(chosen, depths), saySteps(rows, depths, walk), sayDropped(depths)];
  return {
    n: chosen.n,
    learningRate: chosen.learningRate!,
    sentence: said.filter((each) => each !== null).join(" "),
    depths,
  };
}

const title = ({ n, learningRate }: Pick<DepthSummary, "n" | "learningRate">) =>
  `N = ${formatN(n)} at ${formatRate(learningRate!)}`;

function choose(rows: DepthSummary[], goal: Goal, metric: string): { chosen: DepthSummary; why: string } {
  const { byDepth, best } = bestDepth(rows);
  if (goal === "deepest") {
    const { n, sentence } = oneStandardErrorRule(rows);
    const chosen = byDepth.find((row) => row.n === n)!;
    return { chosen, why: sentence.replace(/^N = \S+( at rate [\de.-]+)?:/, `${title(chosen)}:`) };
  }
  const sign = isLowerBetter(metric) ? -1 : 1;
  const score = (row: DepthSummary) => formatScore(row.score.mean);
  if (typeof goal === "object" && "loss" in goal) {
    const chosen = byDepth.find((row) => sign * (best!.score.mean - row.score.mean) <= goal.loss + 1e-12)!;
    const than = chosen === best ? "the best that was measured" : `${score(best!)} at ${title(best!)}`;
    return {
      chosen,
      why: `${title(chosen)}: the deepest freeze whose ${metric} (${score(chosen)}) is within ${goal.loss} of ${than}.`,
    };
  }
  const within = typeof goal === "object" ? ` of those that take ${goal.minutes} min or less` : "";
  return { chosen: best!, why: `${title(best!)}: the best ${metric} measured (${score(best!)})${within}.` };
}

/** Which of the depths that were measured could be the better one for all that the rows tell. */
function sayAlike(chosen: DepthSummary, depths: SearchedDepth[]): string | null {
  const others = depths.filter(({ difference }) => difference !== null);
  const alike = others.filter(({ difference }) => difference!.low <= 0 && difference!.high >= 0);
  if (alike.length === 0) return null;
  const names = list(alike.map(({ n }) => formatN(n)));
  const deepest = others.every(({ n }) => n < chosen.n);
  if (alike.length === others.length && deepest)
    return `These ${formatMany(chosen.validRows, "row")} cannot tell it from ${names}: freeze as deep as N = ${formatN(chosen.n)}.`;
  return `N = ${names} cannot be told from it with these ${formatMany(chosen.validRows, "row")}.`;
}

/** Why shallower freezes were left out. */
function saySteps(rows: DepthSummary[], depths: SearchedDepth[], walk: Walk | null): string | null {
  if (walk === null) return "The search was stopped before its end.";
  const shallowest = Math.min(...rows.map(({ n }) => n));
  if (!depths.some(({ n, state }) => state === "predicted" && n < shallowest)) return null;
  const last = walk.gains.at(-1);
  if (!last) return null;
  const step = `the step to N = ${formatN(last.n)} brought ${formatScore(last.gain, last.standardError)}`;
  return walk.stopped === "budget" && last.gain > last.standardError
    ? `A shallower freeze may do better: ${step}, and another would take the search longer than it may.`
    : `Shallower ones were not tried: ${step}, and steps bring less and less.`;
}

function sayDropped(depths: SearchedDepth[]): string | null {
  const dropped = depths.filter(({ state }) => state === "dropped");
  if (dropped.length === 0) return null;
  return `Left out, since fine-tuning takes longer: N = ${list(dropped.map(({ n }) => formatN(n)))}.`;
}

/** "none, 2 and 4" */
const list = (names: string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** Between two depths along a line; beyond the shallowest each step brings half of what the one before did. */
function predict(n: number, rows: DepthSummary[], walk: Walk | null, metric: string): number {
  const deeper = rows.filter((row) => row.n > n).sort((a, b) => a.n - b.n)[0];
  const shallower = rows.filter((row) => row.n < n).sort((a, b) => b.n - a.n)[0];
  if (deeper && shallower) {
    const share = (n - shallower.n) / (deeper.n - shallower.n);
    return shallower.score.mean + share * (deeper.score.mean - shallower.score.mean);
  }
  if (!deeper) return shallower.score.mean;
  const sign = isLowerBetter(metric) ? -1 : 1;
  const gain = Math.max(0, walk?.gains.at(-1)?.gain ?? 0);
  return bestDepth(rows).best!.score.mean + sign * gain * (1 - 0.5 ** (deeper.n - n));
}
