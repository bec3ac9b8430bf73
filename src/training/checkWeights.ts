import { batchRows } from "../data/batches";
import type { LabelledRows } from "../data/Rows";
import { InputError } from "../errors";
import type { FineTuneSettings } from "./FineTuneOptions";
import { lossOf } from "./loss";

/**
 * Throws where all examples of a step weigh 0, by themselves or their classes: its loss, a weighted mean, is not defined. Batches are drawn by
 * seed and epoch, so this is known before the first step.
 *
 * @param fold its number and, of each row here, the number in the dataset, where the rows are those of a fold
 */
export function checkWeights(
  train: LabelledRows,
  settings: FineTuneSettings,
  fold?: { number: number; rows: ArrayLike<number> },
): void {
  const { labels } = train;
  if (!labels.weights && settings.classWeights === undefined) return;
  const { weight } = lossOf(labels, settings);
  const idle = new Set(
    [...Array(train.count).keys()].filter((row) => weight(train.targets(Int32Array.of(row))) === 0),
  );
  if (idle.size === 0) return;
  const { epochs, batchSize, gradientAccumulation, seed } = settings;
  const { lengths } = train;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const batches = batchRows(lengths, { batchSize, shuffle: { seed, epoch } });
    for (let i = 0; i < batches.length; i += gradientAccumulation) {
      const rows = batches.slice(i, i + gradientAccumulation).flatMap((batch) => [...batch]);
      if (rows.some((row) => !idle.has(row))) continue;
      const named = rows.slice(0, 8).map((row) => fold?.rows[row] ?? row);
      const which =
        `rows ${named.join(", ")}${rows.length > 8 ? ", …" : ""} in epoch ${epoch}` +
        (fold ? ` of fold ${fold.number}` : "");
      if (
        labels.problemType !== "single_label_classification" ||
        rows.every((row) => labels.weights?.[row] === 0)
      )
        throw new InputError(
          `train: expected rows of weight above 0 in every step, got one of ${which}, which weigh 0; leave these rows out, give them a small weight or take a larger batchSize`,
        );
      const targets = rows.flatMap((row) =>
        [...train.targets(Int32Array.of(row))].filter((each) => each >= 0),
      );
      const names = new Set(targets.map((target) => labels.classes[labels.ids[target]]));
      throw new InputError(
        `classWeights: expected rows of weight above 0 in every step, got one of ${which}, ` +
          `all of class ${[...names].join(", ")}, which weighs 0; leave these ` +
          "rows out, give the class a small weight or take a larger batchSize",
      );
    }
  }
}
