import { argMax } from "../argMax";
import { type ClassCounts, countRows, f1Of, noCounts, SCORES_OF_COUNTS } from "../classCounts";
import { columnOf } from "../columnOf";
import { rocArea } from "../rocArea";
import type { Scorer } from "./Scorer";

/** The metrics that follow from how often each class is said of each. */
export const CLASS_METRICS: readonly string[] = Object.keys(SCORES_OF_COUNTS);

/** Those of one class against the rest. */
export const ONE_CLASS_METRICS: readonly string[] = ["rocAuc", "f1"];

/** A metric of one class a row, or that of one class against the rest. Null for one that there is not. */
export function classScorer(
  metric: string,
  outputs: Float32Array,
  ids: Int32Array,
  classes: number,
  of?: number,
): Scorer | null {
  if (metric === "rocAuc" && of !== undefined)
    return { of: rocArea(...columnOf(outputs, ids, classes, of)), work: 2 };
  const score = scoreOf(metric, of);
  if (!score) return null;
  const said = Int32Array.from(ids, (_, row) => argMax(outputs, row * classes, classes));
  const counts = noCounts(classes);
  return {
    of(weights) {
      countRows(counts, ids, said, weights);
      return score(counts);
    },
    work: 3,
  };
}

function scoreOf(metric: string, of: number | undefined): ((counts: ClassCounts) => number) | null {
  if (of !== undefined)
    return metric === "f1" ? ({ hits, said, real }) => f1Of(hits[of], said[of], real[of]) : null;
  return Object.hasOwn(SCORES_OF_COUNTS, metric)
    ? SCORES_OF_COUNTS[metric as keyof typeof SCORES_OF_COUNTS]
    : null;
}
