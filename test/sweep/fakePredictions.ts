import type { Labels } from "../../src/data/labels";
import { Random } from "../../src/random";
import type { RowPredictions } from "../../src/sweep/RowPredictions";

interface Shape {
  rows?: number;
  /** How much is said besides chance: 0 knows nothing. */
  skill?: number;
  seed?: number;
  problemType?: Labels["problemType"];
  /** In a regression several targets; one where it is left out. */
  classes?: string[];
}

/** Labels of so many rows, which depend on their number and kind alone. */
export function fakeLabels({
  rows = 60,
  problemType = "single_label_classification",
  classes: targets,
}: Shape = {}): Labels {
  const classes = targets ?? ["a", "b", "c"];
  const random = new Random("labels", problemType, rows, classes.length);
  if (problemType === "regression") {
    const width = targets?.length ?? 1;
    const values = Float32Array.from({ length: rows * width }, () => random.normal());
    return { problemType, ...(targets && { classes: targets }), values };
  }
  if (problemType === "single_label_classification")
    return {
      problemType,
      classes,
      ids: Int32Array.from({ length: rows }, () => random.integer(classes.length)),
    };
  const values = Float32Array.from({ length: rows * classes.length }, () => random.integer(2));
  return { problemType, classes, values };
}

/** What a model of such skill might say of those rows; the seed is its own. */
export function fakePredictions(shape: Shape = {}): RowPredictions {
  const { skill = 1, seed = 0 } = shape;
  const labels = fakeLabels(shape);
  const random = new Random("outputs", seed, skill);
  const noisy = (truth: number) => skill * truth + random.normal();
  const rows = `rows of ${labels.problemType}`;
  if (labels.problemType === "regression") return { outputs: labels.values.map(noisy), labels, rows };
  if (labels.problemType === "multi_label_classification")
    return { outputs: labels.values.map((value) => 1 / (1 + Math.exp(-noisy(2 * value - 1)))), labels, rows };
  const width = labels.classes.length;
  const outputs = new Float32Array(labels.ids.length * width);
  labels.ids.forEach((id, row) => {
    const powers = labels.classes.map((_, c) => Math.exp(noisy(c === id ? 1 : 0)));
    const total = powers.reduce((a, b) => a + b);
    outputs.set(
      powers.map((power) => power / total),
      row * width,
    );
  });
  return { outputs, labels, rows };
}
