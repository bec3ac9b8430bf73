import assert from "node:assert/strict";
import { test } from "node:test";
import { sayLabels } from "../../src/data/sayLabels";

test("Classes are named, and counted however many there are", () => {
  const single = (classes: string[]) =>
    sayLabels({ problemType: "single_label_classification", classes, ids: new Int32Array(1) });
  assert.equal(single(["neg", "pos"]), "2 classes: neg, pos");
  assert.equal(single(["a, b", "\u001b[31m"]), '2 classes: "a, b", "\\u001b[31m"');
  const many = Array.from({ length: 46 }, (_, i) => `${i + 2}`);
  assert.equal(single(many), `46 classes: ${many.slice(0, 20).join(", ")} and 26 more`);
});

test("Several labels and numbers are told as such", () => {
  const values = Float32Array.of(0.1, -3, 2);
  assert.equal(
    sayLabels({ problemType: "multi_label_classification", classes: ["toxic", "rude", "spam"], values }),
    "3 labels, of which a row has any: toxic, rude, spam",
  );
  assert.equal(
    sayLabels({ problemType: "multi_label_classification", classes: ["toxic"], values }),
    "1 label, which a row has or has not: toxic",
  );
  assert.equal(sayLabels({ problemType: "regression", values }), "a regression: numbers from -3 to 2");
  assert.equal(
    sayLabels({ problemType: "regression", classes: ["cohesion", "syntax", "a, b"], values }),
    'a regression of 3 targets, cohesion, syntax, "a, b": numbers from -3 to 2',
  );
});
