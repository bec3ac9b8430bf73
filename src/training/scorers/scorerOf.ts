import type { Labels } from "../../data/labels";
import { labelRows, labelWidth } from "../../data/labelWidth";
import { CLASS_METRICS, classScorer, ONE_CLASS_METRICS } from "./classScorer";
import { ENTITY_METRICS, entityScorer } from "./entityScorer";
import { LABELS_METRICS, labelsScorer } from "./labelsScorer";
import type { Scorer } from "./Scorer";
import { TARGET_METRICS, targetScorer } from "./targetScorer";

/**
 * A metric by its name, "rocAuc:toxic" being that of one class or target. Null where rows with such labels have none of that name; those
 * that `metrics` computes in any case are not all here.
 */
export function scorerOf(metric: string, outputs: Float32Array, labels: Labels): Scorer | null {
  const [, name, of] = /^([^:]*)(?::(.*))?$/s.exec(metric)!;
  if (
    labels.problemType === "single_label_classification" &&
    labels.sequences &&
    ENTITY_METRICS.includes(name)
  )
    return of === undefined || labelsOfTags(labels.classes).includes(of)
      ? entityScorer(name, outputs, labels.ids, labels.classes, labels.sequences, of)
      : null;
  const index = of === undefined ? undefined : labels.classes?.indexOf(of);
  if (of !== undefined && (index === undefined || index < 0)) return null;
  const width = labelWidth(labels);
  if (labels.problemType === "regression") return targetScorer(name, outputs, labels.values, width, index);
  if (labels.problemType === "single_label_classification")
    return classScorer(name, outputs, labels.ids, width, index);
  return labelsScorer(name, outputs, labels.values, width, index);
}

/** What tags such as "B-PER" are of. */
const labelsOfTags = (tags: readonly string[]) =>
  [...new Set(tags)].filter((tag) => tag !== "O").map((tag) => tag.replace(/^[BIES]-/, ""));

/** Whether rows with these labels have that metric, whatever is said of them. */
export function isScored(metric: string, labels: Labels): boolean {
  const outputs = new Float32Array(labelRows(labels) * labelWidth(labels));
  return !Number.isNaN(scorerOf(metric, outputs, labels)?.of() ?? Number.NaN);
}

/** The names that `scorerOf` knows for rows with these labels, those of one class or target as "rocAuc:<class>". */
export function scorerNames(labels: Labels): string[] {
  const { problemType, classes } = labels;
  const [all, single, one] = {
    regression: [TARGET_METRICS, classes ? TARGET_METRICS : [], "target"] as const,
    single_label_classification: [
      "sequences" in labels && labels.sequences ? [...ENTITY_METRICS, ...CLASS_METRICS] : CLASS_METRICS,
      ONE_CLASS_METRICS,
      "class",
    ] as const,
    multi_label_classification: [LABELS_METRICS, ONE_CLASS_METRICS, "label"] as const,
  }[problemType];
  return [
    ...all.filter((name) => isScored(name, labels)),
    ...single
      .filter((name) => classes?.some((of) => isScored(`${name}:${of}`, labels)))
      .map((name) => `${name}:<${one}>`),
  ];
}
