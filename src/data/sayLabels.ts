import { someOf } from "../text/someOf";
import type { Labels } from "./labels";

/** So many names are said before the rest is counted. */
const NAMED = 20;

/** What labels are, in a line: the classes and their number, or the range of numbers. */
export function sayLabels(labels: Labels): string {
  if (labels.problemType === "regression") {
    const { values } = labels;
    const [least, most] = [Math.min, Math.max].map((of) => values.reduce((a, b) => of(a, b)));
    const targets =
      labels.classes && ` of ${labels.classes.length} targets, ${someOf(labels.classes.map(nameOf), NAMED)}`;
    return `a regression${targets ?? ""}: numbers from ${short(least)} to ${short(most)}`;
  }
  const { classes } = labels;
  const named = classes.map(nameOf);
  const several =
    classes.length === 1 ? "label, which a row has or has not" : "labels, of which a row has any";
  const what = labels.problemType === "single_label_classification" ? "classes" : several;
  return `${classes.length} ${what}: ${someOf(named, NAMED)}`;
}

const nameOf = (name: string): string => (/^[^\p{C},]+$/u.test(name) ? name : JSON.stringify(name));

const short = (value: number): string => String(Number(value.toPrecision(6)));
