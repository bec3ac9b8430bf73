import { join } from "node:path";
import { repository } from "../notebooks/runNotebook";

/** Lines of a cell that has imported AutoModelForSequenceClassification: a tiny `model` of two classes, and 64 rows to `train` on. */
export const ODD_OR_EVEN = `const model = await AutoModelForSequenceClassification.fromPretrained(
  ${JSON.stringify(join(repository, "test/fixtures/models/bert"))},
  { classes: ["odd", "even"], ignoreMismatchedSizes: true, log() {} },
);
const train = {
  inputIds: Array.from({ length: 64 }, (_, i) => Int32Array.of(2, 10 + (i % 64), 20 + (i % 7), 3)),
  tokenTypeIds: null,
  labels: {
    problemType: "single_label_classification" as const,
    classes: ["odd", "even"],
    ids: Int32Array.from({ length: 64 }, (_, i) => (i + 1) % 2),
  },
  truncated: 0,
  maxLength: 32,
  padTokenId: 0,
  hash: "64 rows",
};`;
