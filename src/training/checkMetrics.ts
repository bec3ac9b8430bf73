import { shown } from "../check";
import type { Labels } from "../data/labels";
import { InputError } from "../errors";
import type { MetricChoice } from "./CustomMetric";
import { metricNames } from "./metricNames";
import { isScored, scorerNames } from "./scorers/scorerOf";

/**
 * Throws for a metric that rows with these labels will not have, under the name of the option that it was given as; `besides` are names
 * that the option takes as well. One of the user's own may have none of these names.
 */
export function checkMetrics(
  option: string,
  metrics: readonly MetricChoice[],
  labels: Labels,
  besides: readonly string[] = [],
): void {
  const usual = [...besides, ...metricNames(labels)];
  const isKnown = (name: string) => usual.includes(name) || isScored(name, labels);
  for (const metric of metrics) {
    if (typeof metric === "string" ? isKnown(metric) : !isKnown(metric.name) && metric.name !== "loss")
      continue;
    if (typeof metric !== "string")
      throw new InputError(
        `${option}: expected a name of its own for a metric of one's own, got ${shown(metric.name)}, which the kit has`,
      );
    const all = [...new Set([...usual, ...scorerNames(labels)])];
    throw new InputError(`${option}: expected one of ${all.join(", ")}, got ${shown(metric)}`);
  }
}
