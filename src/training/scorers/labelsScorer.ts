import { f1Of } from "../classCounts";
import { columnOf } from "../columnOf";
import { rocArea } from "../rocArea";
import type { Scorer } from "./Scorer";

/** Of each label how many rows have it, how many are said to, and how many both. */
type Counts = Record<"real" | "said" | "hits", Float64Array>;

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

const each = ({ real, said, hits }: Counts): Float64Array =>
  real.map((count, c) => f1Of(hits[c], said[c], count));

const SCORES: Record<string, (counts: Counts) => number> = {
  f1: (counts) => sum(each(counts)) / counts.real.length,
  macroF1: (counts) => sum(each(counts)) / counts.real.length,
  microF1: ({ real, said, hits }) => f1Of(sum(hits), sum(said), sum(real)),
  weightedF1: (counts) =>
    sum(counts.real) === 0 ? 0 : sum(each(counts).map((f1, c) => f1 * counts.real[c])) / sum(counts.real),
};

/** The metrics that follow from how often each label is said. */
export const LABELS_METRICS: readonly string[] = Object.keys(SCORES);

/** A metric of several labels a row, 0 or 1, or that of one label. Null for one that there is not. */
export function labelsScorer(
  metric: string,
  outputs: Float32Array,
  values: Float32Array,
  labels: number,
  of?: number,
): Scorer | null {
  if (metric === "rocAuc" && of !== undefined)
    return { of: rocArea(...columnOf(outputs, values, labels, of)), work: 2 };
  const known = Object.hasOwn(SCORES, metric) && (of === undefined || metric === "f1");
  if (!known) return null;
  const yes = Uint8Array.from(outputs, (p) => (p >= 0.5 ? 1 : 0));
  const zeros = () => new Float64Array(labels);
  const counts: Counts = { real: zeros(), said: zeros(), hits: zeros() };
  return {
    of(weights) {
      for (const one of Object.values(counts)) one.fill(0);
      for (let i = 0, row = 0; i < yes.length; row++) {
        const weight = weights ? weights[row] : 1;
        for (let c = 0; c < labels; c++, i++) {
          const holds = values[i] >= 0.5 ? 1 : 0;
          counts.real[c] += weight * holds;
          if (!yes[i]) continue;
          counts.said[c] += weight;
          counts.hits[c] += weight * holds;
        }
      }
      return of === undefined ? SCORES[metric](counts) : each(counts)[of];
    },
    work: labels,
  };
}
