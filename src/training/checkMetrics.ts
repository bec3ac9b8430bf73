import { shown } from "../check";
import type { Labels } from "../data/labels";
import { InputError } from "../errors";
import { metricNames } from "./metricNames";
import { isScored, scorerNames } from "./scorers/scorerOf";

/**
 * Throws for a metric that rows with these labels will not have, under the name of the option that it was given as; `besides` are names
 * that the option takes as well.
 */
export function checkMetrics(
  option: string,
  names: readonly string[],
  labels: Labels,
  besides: readonly string[] = [],
): void {
  const usual = [...besides, ...metricNames(labels)];
  const wrong = names.find((name) => !usual.includes(name) && !isScored(name, labels));
  if (wrong === undefined) return;
  const all = [...new Set([...usual, ...scorerNames(labels)])];
  throw new InputError(`${option}: expected one of ${all.join(", ")}, got ${shown(wrong)}`);
}
