import type { ImageRows } from "./imageFolder";
import type { TextDataset } from "./textDataset";

/** What rows have in common that are the same: texts, or the hash of an image's file. */
export function keysOf(dataset: TextDataset | ImageRows): string[] {
  if ("keys" in dataset) return dataset.keys;
  const { texts, pairs } = dataset;
  return pairs ? texts.map((text, row) => JSON.stringify([text, pairs[row]])) : texts;
}
