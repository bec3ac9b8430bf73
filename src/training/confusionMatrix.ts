import { firstNotFinite } from "../check";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { argMax } from "./argMax";
import { checkLabels } from "./checkLabels";
import type { Predictions } from "./predict";

/** `counts[label][predicted]`: rows of each class by what the model says they are, both as indices into `classes`. */
export interface ConfusionMatrix {
  /** Their names. */
  classes: string[];
  /** `counts[label][predicted]`, in rows. */
  counts: number[][];
}

/**
 * How often each class was taken for each other.
 *
 * @throws InputError unless each row has one class and one prediction
 * @example
 * ```ts
 * const { counts } = confusionMatrix(valid.labels, await predict(model, valid));
 * ```
 */
export function confusionMatrix(
  labels: Labels | null,
  predictions: Pick<Predictions, "probabilities">,
): ConfusionMatrix;
export function confusionMatrix(
  labels: Labels | null,
  predictions: Pick<Predictions, "probabilities">,
  ...more: unknown[]
): ConfusionMatrix {
  noOptions("confusionMatrix", more);
  checkArguments("confusionMatrix", { labels, predictions });
  const { probabilities } = predictions;
  const { ids, classes } = singleLabelOf("confusionMatrix", labels, probabilities);
  const counts = classes.map(() => classes.map(() => 0));
  ids.forEach((id, row) => {
    counts[id][argMax(probabilities, row * classes.length, classes.length)]++;
  });
  return { classes, counts };
}

type SingleLabel = Extract<Labels, { problemType: "single_label_classification" }>;

/** The labels, if they are one class a row and these probabilities are of the same rows. */
export function singleLabelOf(
  purpose: string,
  labels: Labels | null,
  probabilities: Float32Array,
): SingleLabel {
  if (labels?.problemType !== "single_label_classification")
    throw new InputError(`${purpose}: expected one class a row, got ${labels?.problemType ?? "no labels"}`);
  const values = labels.ids.length * labels.classes.length;
  if (probabilities.length !== values)
    throw new InputError(
      `${purpose}: expected ${values} probabilities for ${labels.ids.length} rows of ${labels.classes.length} classes, got ` +
        `${probabilities.length}; pass what predict says of the same rows`,
    );
  checkLabels(purpose, labels, labels.ids.length);
  const at = firstNotFinite(probabilities);
  if (at >= 0)
    throw new InputError(
      `${purpose}: expected finite probabilities, got ${probabilities[at]} in row ${Math.floor(at / labels.classes.length)}`,
    );
  return labels;
}
