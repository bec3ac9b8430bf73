import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { isPlaceholder } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";

/**
 * Fits a head out of a checkpoint to the class names asked for. The same names in another order take their rows along, so that each
 * name keeps the logit it was trained for; other names are told, since a trained head under new names means what it was trained for.
 * Labels that had none, LABEL_0, LABEL_1, …, take any.
 *
 * @param out weight [labels, in] and bias [labels] of the head's last layer; null for a head whose layout is not known
 * @param own the names that it was trained under, in the order of its rows
 * @param classes the names asked for, as many
 * @param redraw draws the head anew; null where that was not asked for
 * @returns what is to be told
 * @throws InputError where some names are the same and stand elsewhere, or the layout is not known
 */
export function arrangeHead(
  out: readonly Parameter[] | null,
  own: readonly string[],
  classes: readonly string[],
  where: string,
  redraw: ((parameter: Parameter) => void) | null,
): string[] {
  if (own.every(isPlaceholder) || classes.every((name, i) => name === own[i])) return [];
  const list = (names: readonly string[]) => names.join(", ");
  const same = classes.every((name) => own.includes(name)) && new Set(classes).size === own.length;
  if (same && out) {
    const rows = classes.map((name) => own.indexOf(name));
    for (const parameter of out) parameter.assign(tf.tidy(() => tf.gather(parameter.value, rows)));
    return [];
  }
  const moved = classes.find((name, i) => own.includes(name) && name !== own[i]);
  if (moved !== undefined && redraw && out) {
    for (const parameter of out) redraw(parameter);
    return [`the head was trained for ${list(own)}; for ${list(classes)} it is drawn anew`];
  }
  if (moved !== undefined)
    throw new InputError(
      `classes: the head of ${where} was trained for ${list(own)}, got ${list(classes)}, where ${moved} stands in another's place; expected ${same ? "that order" : "these names in that order"}, or ignoreMismatchedSizes (--ignore-mismatched-sizes), which draws the head anew`,
    );
  return [`the head was trained for ${list(own)}; these labels are now called ${list(classes)}`];
}
