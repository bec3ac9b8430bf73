import { checkInteger } from "../check";
import { InputError } from "../errors";
import { noOptions } from "../options/noOptions";
import { contentHash } from "./contentHash";
import { countCut } from "./cutRows";
import type { EncodedImages } from "./EncodedImages";
import type { ImageRows } from "./imageFolder";
import type { Labels } from "./labels";
import type { TextDataset } from "./textDataset";
import type { EncodedDataset } from "./tokenize";

/** Rows as they were read from a table or a folder, or as a model reads them. */
export type TakenRows = TextDataset | ImageRows | EncodedDataset | EncodedImages;

/**
 * The chosen rows, in the order they are named in: of texts, of images, and of both as a model reads them, so that what was tokenized
 * once is cut into folds.
 *
 * @throws InputError for a number that is no row's
 * @example
 * ```ts
 * const encoded = await tokenize(dataset, tokenizer);
 * for (const split of stratifiedKFold(dataset, { folds: 3 }))
 *   console.log(takeRows(encoded, split.train).inputIds.length, takeRows(encoded, split.valid).inputIds.length);
 * ```
 */
export function takeRows<Rows extends TakenRows>(dataset: Rows, rows: ArrayLike<number>): Rows;
export function takeRows(dataset: TakenRows, rows: ArrayLike<number>, ...more: unknown[]): TakenRows {
  noOptions("takeRows", more);
  const count = countOf(dataset);
  const chosen = Array.from(rows, (row) => checkInteger("row", row, 0, count - 1));
  const pick = <T>(values: readonly T[]) => chosen.map((row) => values[row]);
  const labels = dataset.labels && takeLabels(dataset.labels, chosen);
  if ("paths" in dataset) return { ...dataset, paths: pick(dataset.paths), keys: pick(dataset.keys), labels };
  if ("texts" in dataset)
    return {
      ...dataset,
      texts: pick(dataset.texts),
      pairs: dataset.pairs && pick(dataset.pairs),
      labels,
      ids: dataset.ids && pick(dataset.ids),
    };
  if ("pixels" in dataset) {
    const { augmented } = dataset;
    return hashed({
      ...dataset,
      pixels: pick(dataset.pixels),
      labels,
      ...(augmented && {
        augmented: { ...augmented, paths: pick(augmented.paths), headers: pick(augmented.headers) },
      }),
    });
  }
  const inputIds = pick(dataset.inputIds);
  return hashed({
    ...dataset,
    inputIds,
    tokenTypeIds: dataset.tokenTypeIds && pick(dataset.tokenTypeIds),
    labels,
    truncated: countCut(inputIds),
  });
}

const hashed = <Rows extends EncodedDataset | EncodedImages>(rows: Rows): Rows => ({
  ...rows,
  hash: contentHash(rows),
});

function countOf(dataset: TakenRows): number {
  if ("paths" in dataset) return dataset.paths.length;
  if ("texts" in dataset) return dataset.texts.length;
  if ("pixels" in dataset) return dataset.pixels.length;
  if ("inputIds" in dataset) return dataset.inputIds.length;
  throw new InputError(
    "takeRows: expected rows as textDataset, imageFolder, tokenize or encodeImages give them",
  );
}

function takeLabels(labels: Labels, rows: number[]): Labels {
  if (labels.problemType === "single_label_classification")
    return { ...labels, ids: Int32Array.from(rows, (row) => labels.ids[row]) };
  if (labels.problemType === "regression")
    return { ...labels, values: Float32Array.from(rows, (row) => labels.values[row]) };
  const width = labels.classes.length;
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    values.set(labels.values.subarray(row * width, (row + 1) * width), i * width);
  });
  return { ...labels, values };
}
