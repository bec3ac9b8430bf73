import { argMax } from "../argMax";
import { f1Of } from "../classCounts";
import { entitiesOf } from "../entities";
import type { Scorer } from "./Scorer";

/** Those that are right, said and true. */
type Score = (hits: number, said: number, real: number) => number;

const SCORES: Record<string, Score> = {
  entityF1: f1Of,
  entityPrecision: (hits, said) => (said === 0 ? 0 : hits / said),
  entityRecall: (hits, _said, real) => (real === 0 ? 0 : hits / real),
};

/** The metrics of whole entities, as seqeval's of the names without "entity" (micro average). */
export const ENTITY_METRICS: readonly string[] = Object.keys(SCORES);

/**
 * A metric of the entities in texts' words, each right where its label, first and last word are; `of` is the label that alone is looked at. Weights are of
 * the texts. Null for one that there is not.
 */
export function entityScorer(
  metric: string,
  outputs: Float32Array,
  ids: Int32Array,
  classes: readonly string[],
  sequences: Int32Array,
  of?: string,
): Scorer | null {
  if (!Object.hasOwn(SCORES, metric)) return null;
  const score = SCORES[metric];
  const counts = new Float64Array(3 * sequences.length);
  let word = 0;
  sequences.forEach((length, text) => {
    const numbers = Array.from({ length }, (_, i) => word + i);
    word += length;
    const read = (tags: string[]) =>
      entitiesOf(tags)
        .filter(({ label }) => of === undefined || label === of)
        .map(({ label, first, last }) => `${first} ${last} ${label}`);
    const real = new Set(read(numbers.map((w) => classes[ids[w]])));
    const said = read(numbers.map((w) => classes[argMax(outputs, w * classes.length, classes.length)]));
    counts.set([said.filter((each) => real.has(each)).length, said.length, real.size], 3 * text);
  });
  return {
    of(weights) {
      const sums = [0, 0, 0];
      counts.forEach((count, i) => {
        sums[i % 3] += count * (weights ? weights[Math.floor(i / 3)] : 1);
      });
      return score(sums[0], sums[1], sums[2]);
    },
    work: 3,
    rows: sequences.length,
  };
}
