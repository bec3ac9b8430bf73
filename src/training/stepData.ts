import { augmentedViews } from "../data/augmentedViews";
import type { Dataset } from "./dataset";
import { nextTurn } from "./nextTurn";

/** Whether a training sees other rows in each epoch, so that nothing that is computed of them can be kept. */
export const varies = (dataset: Dataset): boolean => "pixels" in dataset && dataset.augmented !== undefined;

/**
 * What the steps of an epoch train on: `of(rows, next)` is the dataset itself or, where it varies, one that holds random views of
 * these rows, at their row numbers, and nothing of the others. Those of the next step's rows are made meanwhile.
 */
export function stepData(
  dataset: Dataset,
  draw: { seed: number; epoch: number },
): (rows: Int32Array[], next: Int32Array[]) => Promise<Dataset> {
  if (!("pixels" in dataset) || !dataset.augmented) return async () => dataset;
  const { augmented } = dataset;
  const viewsOf = async (batches: Int32Array[]): Promise<Dataset> => {
    const rows = batches.flatMap((batch) => [...batch]);
    const views = await augmentedViews({ ...dataset, augmented }, rows, draw);
    const pixels: Uint8Array[] = [];
    for (const [i, row] of rows.entries()) pixels[row] = views[i];
    return { ...dataset, pixels };
  };
  let ahead: Promise<Dataset> | null = null;
  return async (rows, next) => {
    const now = await (ahead ?? viewsOf(rows));
    ahead = next.length > 0 ? viewsOf(next) : null;
    // Whatever fails is thrown where it is waited for; a run that has ended by then does not care.
    ahead?.catch(() => {});
    // Lets the decoding begin before the step blocks this thread.
    if (ahead) await nextTurn();
    return now;
  };
}
