import assert from "node:assert/strict";
import { test } from "node:test";
import type { Labels, TextDataset } from "../../src/data/textDataset";
import { InputError } from "../../src/errors";
import { confusionMatrix } from "../../src/training/confusionMatrix";
import { worstMistakes } from "../../src/training/worstMistakes";

const labels: Labels = {
  problemType: "single_label_classification",
  classes: ["bad", "fair", "good"],
  ids: Int32Array.of(0, 0, 1, 2, 2),
};
const probabilities = Float32Array.of(
  ...[0.5, 0.25, 0.25],
  ...[0.125, 0.625, 0.25],
  ...[0.25, 0.5, 0.25],
  ...[0.75, 0.125, 0.125],
  ...[0, 0.5625, 0.4375],
);
const texts = ["a", "b", "c", "d", "e"];
const dataset: TextDataset = { source: "rows.csv", texts, pairs: null, labels, ids: null };
const refused = (call: () => unknown, message: RegExp) =>
  assert.throws(call, (error) => error instanceof InputError && message.test(error.message));

test("A confusion matrix counts each class's rows by what the model says they are", () => {
  assert.deepEqual(confusionMatrix(labels, { probabilities }), {
    classes: ["bad", "fair", "good"],
    counts: [
      [1, 1, 0],
      [0, 1, 0],
      [1, 1, 0],
    ],
  });
});

test("The worst mistakes are those the model was surest of, right rows left out", () => {
  const all = worstMistakes(dataset, { probabilities });
  assert.deepEqual(
    all.map(({ row }) => row),
    [3, 1, 4],
  );
  assert.deepEqual(all[0], { row: 3, label: "good", predicted: "bad", probability: 0.75, text: "d" });
  assert.deepEqual(worstMistakes(dataset, { probabilities }, { count: 1 }), [all[0]]);
});

test("Both want one class a row, and probabilities of the same rows", () => {
  refused(
    () => confusionMatrix(null, { probabilities }),
    /confusionMatrix: expected one class a row, got no labels$/,
  );
  const regression: Labels = { problemType: "regression", values: Float32Array.of(1) };
  refused(
    () => worstMistakes({ ...dataset, labels: regression }, { probabilities }),
    /worstMistakes: .* got regression$/,
  );
  refused(
    () => confusionMatrix(labels, { probabilities: probabilities.subarray(3) }),
    /expected 15 probabilities for 5 rows of 3 classes, got 12; pass what predict says of the same rows$/,
  );
  const broken = probabilities.with(7, Number.NaN);
  refused(
    () => worstMistakes(dataset, { probabilities: broken }),
    /worstMistakes: expected finite probabilities, got NaN in row 2$/,
  );
  refused(() => worstMistakes(dataset, { probabilities }, { count: 0 }), /count/);
});
