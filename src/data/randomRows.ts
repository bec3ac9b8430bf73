import { Random } from "../random";
import type { EncodedDataset } from "./tokenize";

/** Rows of random tokens, all equally long, in two classes that mean nothing: for measuring what a step takes. */
export function randomRows(count: number, tokens: number, vocabulary: number): EncodedDataset {
  const random = new Random("bench");
  return {
    inputIds: Array.from({ length: count }, () =>
      Int32Array.from({ length: tokens }, () => random.integer(vocabulary)),
    ),
    tokenTypeIds: null,
    labels: {
      problemType: "single_label_classification",
      classes: ["no", "yes"],
      ids: Int32Array.from({ length: count }, (_, i) => i % 2),
    },
    truncated: 0,
    maxLength: tokens,
    padTokenId: 0,
    hash: `bench ${count}`,
  };
}
