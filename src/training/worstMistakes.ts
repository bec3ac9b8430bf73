import type { TextDataset } from "../data/textDataset";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { argMax } from "./argMax";
import { singleLabelOf } from "./confusionMatrix";
import type { Predictions } from "./predict";

/** A row that was labelled otherwise than the model says. */
export interface Mistake {
  /** Its number in the dataset, from 0. */
  row: number;
  /** Its class. */
  label: string;
  /** What the model says. */
  predicted: string;
  /** How probable the model holds what it says. */
  probability: number;
  /** What the model read. */
  text: string;
}

/** How many mistakes are looked at. */
export interface MistakesOptions {
  /** How many at most. Default: 10. */
  count?: number;
}

/**
 * The rows that the model got wrong, those it was surest of first: what it has not understood, or what is labelled wrongly.
 *
 * @throws InputError unless each row has one class and one prediction
 * @example
 * ```ts
 * await show(worstMistakes(dataset, await predict(model, train)));
 * ```
 */
export function worstMistakes(
  dataset: TextDataset,
  predictions: Pick<Predictions, "probabilities">,
  options: MistakesOptions = {},
): Mistake[] {
  const { count } = readOptions("worstMistakes", options);
  checkArguments("worstMistakes", { dataset, predictions });
  const { probabilities } = predictions;
  const { ids, classes } = singleLabelOf("worstMistakes", dataset.labels, probabilities);
  const mistakes: Mistake[] = [];
  ids.forEach((id, row) => {
    const said = argMax(probabilities, row * classes.length, classes.length);
    if (said === id) return;
    const probability = probabilities[row * classes.length + said];
    mistakes.push({
      ...{ row, label: classes[id], predicted: classes[said] },
      ...{ probability, text: dataset.texts[row] },
    });
  });
  return mistakes.sort((a, b) => b.probability - a.probability).slice(0, count);
}
