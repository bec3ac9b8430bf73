import { groupBy } from "../../src/sweep/groupBy";
import type { TrialRecord } from "../../src/sweep/record";
import { median } from "./spread";

/**
 * What trials of one seed took on the wall: all of them, or at one rate, of each depth one of the median length. Frozen passes, which
 * rates share, count once either way.
 */
export function sweepSeconds(trials: TrialRecord[], which: "all" | "one rate" = "all"): number {
  const depths = [...groupBy(trials, ({ n }) => n).values()];
  return sum(depths, (those) => {
    const each = those.map(({ epochs }) => sum(epochs, (epoch) => epoch.trainSeconds + epoch.evalSeconds));
    const frozen = sum(those, ({ frozenSeconds }) => frozenSeconds);
    return frozen + (which === "all" ? sum(each, (seconds) => seconds) : median(each));
  });
}

const sum = <Item>(items: Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
