import type { Labels } from "../data/labels";

/** A metric of the user's own. */
export interface CustomMetric {
  /** What records and messages call it: another name than the kit's metrics have. */
  name: string;
  /** Scores probabilities, or predicted values, [rows · labels] against what is true of the rows. */
  score: (outputs: Float32Array, labels: Labels) => number;
  /** Whether more of it is better; of an error less is. Default: true. */
  greaterIsBetter?: boolean;
}

/** A metric by its name, or one of the user's own. */
export type MetricChoice = string | CustomMetric;

/** What records call a metric. */
export const metricName = (metric: MetricChoice): string =>
  typeof metric === "string" ? metric : metric.name;
