import { mean } from "../../src/sweep/mean";
import { formatN } from "../../src/text/trialTitle";
import type { Rounds } from "./contest";

/** Whether two sides' accuracies are as far apart as other seeds would have put them anyway. */
export interface Agreement {
  what: string;
  /** Of the mean accuracies over the seeds. */
  kit: number;
  peer: number;
  difference: number;
  /** Of the difference: the root of the sum of both sides' variances over seeds, each divided by the number of seeds. */
  standardError: number;
  /** Whether the difference is at most two standard errors. */
  agrees: boolean;
}

/** Welch's standard error of the difference between two means; both sides need two seeds at least. */
export function agreement(what: string, kit: number[], peer: number[]): Agreement {
  const difference = mean(kit) - mean(peer);
  const standardError = Math.sqrt(variance(kit) / kit.length + variance(peer) / peer.length);
  const agrees = Math.abs(difference) <= 2 * standardError;
  return { what, kit: mean(kit), peer: mean(peer), difference, standardError, agrees };
}

/** Depth by depth, and of each seed's mean over all depths; nothing without a peer or with a single seed. */
export function agreements({ kit, peer }: Rounds): Agreement[] {
  if (kit.length < 2 || peer.length < 2) return [];
  const depths = kit[0].trials!.map(({ n }) => n);
  const at = (side: Rounds["kit"], i: number) => side.map(({ trials }) => trials![i].accuracy);
  const overall = (side: Rounds["kit"]) =>
    side.map(({ trials }) => mean(trials!.map(({ accuracy }) => accuracy)));
  return [
    ...depths.map((n, i) => agreement(`N = ${formatN(n)}`, at(kit, i), at(peer, i))),
    agreement("mean over all N", overall(kit), overall(peer)),
  ];
}

/** Unbiased: n - 1 in the denominator. */
function variance(values: number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}
