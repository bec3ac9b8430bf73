import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { isPlaceholder } from "../models/labelFields";
import type { Parameter } from "../nn/Parameter";

/**
 * Fits a checkpoint's head to the class names asked for. For the same names in another order the head's rows are reordered, so that
 * each name keeps the logit it was trained for. Other names are accepted with a note, since the head still means what it was trained
 * for. Labels without names, LABEL_0, LABEL_1, …, may be called anything.
 *
 * @param out weight [labels, in] and bias [labels] of the head's last layer; null for a head whose layout is not known
 * @param own the names that it was trained under, in the order of its rows
 * @param classes the names asked for, as many
 * @param redraw draws the head anew; null where that was not asked for
 * @returns notes for the user
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
