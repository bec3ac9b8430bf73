import { checkInteger } from "../check";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import type { EncodedImages } from "./EncodedImages";
import type { ImageRows } from "./imageFolder";
import type { Labels } from "./labels";
import { labelWidth } from "./labelWidth";
import { rowsOf } from "./rowsOf";
import type { TextDataset } from "./textDataset";
import type { TokenTexts } from "./tokenDataset";
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
  checkArguments("takeRows", { dataset, rows });
  const encoded = "pixels" in dataset || "inputIds" in dataset ? rowsOf(dataset) : null;
  const columns = encoded ? {} : columnsOf(dataset as TextDataset | ImageRows);
  const count = encoded?.count ?? Object.values(columns)[0].length;
  const chosen = Array.from(rows, (row) => checkInteger("row", row, 0, count - 1));
  const labels = dataset.labels && takeLabels(dataset.labels, chosen);
  if (encoded) return encoded.take(chosen, labels);
  const taken = Object.entries(columns).map(([name, values]) => [name, chosen.map((row) => values[row])]);
  return { ...dataset, labels, ...Object.fromEntries(taken) };
}

/** What rows as they were read hold one of for each row, by name. */
function columnsOf(dataset: TextDataset | ImageRows): Record<string, unknown[]> {
  if ("paths" in dataset) return { paths: dataset.paths, keys: dataset.keys };
  const { texts, pairs, ids } = dataset;
  const { words, tags, spans } = dataset as Partial<TokenTexts>;
  return {
    texts,
    ...(pairs && { pairs }),
    ...(ids && { ids }),
    ...(words && { words }),
    ...(tags && { tags }),
    ...(spans && { spans }),
  };
}

function takeLabels(labels: Labels, rows: number[]): Labels {
  const width = labelWidth(labels);
  const take = (from: Float32Array, width: number) => {
    const values = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      values.set(from.subarray(row * width, (row + 1) * width), i * width);
    });
    return values;
  };
  const weights = labels.weights && { weights: take(labels.weights, 1) };
  if (labels.problemType !== "single_label_classification")
    return { ...labels, values: take(labels.values, width), ...weights };
  const soft = labels.soft && { soft: take(labels.soft, width) };
  return { ...labels, ids: Int32Array.from(rows, (row) => labels.ids[row]), ...soft, ...weights };
}
