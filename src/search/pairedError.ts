import { bootstrapScores } from "../sweep/bootstrapScores";
import { pairedDifference } from "../sweep/pairedDifference";
import type { RowPredictions } from "../sweep/RowPredictions";
import { rowScores } from "../sweep/rowScores";
import { weightedScore } from "../sweep/weightedScore";

type Predicted = Pick<RowPredictions, "outputs" | "labels">;

/**
 * The standard error of the difference of two trainings' scores on the same rows: of a metric that is a mean over rows from the rows'
 * differences, of any other that of the paired bootstrap. Infinite where the rows cannot tell, as where there is one alone. `loss` is what was trained by,
 * where that is not the usual one.
 */
export function pairedError(metric: string, ours: Predicted, theirs: Predicted, loss?: unknown): number {
  const [a, b] = [ours, theirs].map(({ outputs, labels }) => rowScores(metric, outputs, labels, loss));
  if (a === null || b === null || metric === "rmse") {
    const scores = [ours, theirs].map(({ outputs, labels }) => weightedScore(metric, outputs, labels, loss)!);
    const [x, y] = bootstrapScores(scores);
    return pairedDifference([x], [y])?.standardError ?? Number.POSITIVE_INFINITY;
  }
  const rows = a.length;
  if (rows < 2) return Number.POSITIVE_INFINITY;
  let [sum, squares] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const difference = a[row] - b[row];
    sum += difference;
    squares += difference ** 2;
  }
  return Math.sqrt(Math.max(0, squares - sum ** 2 / rows) / (rows - 1) / rows);
}
