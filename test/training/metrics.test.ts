import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Labels } from "../../src/data/textDataset";
import { argMax } from "../../src/training/argMax";
import { isLowerBetter } from "../../src/training/isLowerBetter";
import { metricNames } from "../../src/training/metricNames";
import { metrics } from "../../src/training/metrics";

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-6, `expected ${expected}, got ${actual}`);

/** Two-class probabilities from those of the second class. */
const binary = (p: number[]) => Float32Array.from(p.flatMap((x) => [1 - x, x]));
const single = (classes: string[], ids: number[]) =>
  ({ problemType: "single_label_classification", classes, ids: Int32Array.from(ids) }) as const;

// Expected by hand, from scikit-learn's definitions.
describe("metrics of two classes", () => {
  const scores = metrics(binary([0.1, 0.4, 0.35, 0.8, 0.7]), single(["no", "yes"], [0, 0, 1, 1, 0]));

  it("counts the rows whose likeliest class is right", () => close(scores.accuracy, 0.6));
  it("gives the f1 of the second class", () => close(scores.f1, 0.5));
  it("gives Matthews' correlation", () => close(scores.mcc, 1 / 6));
  it("gives the area under the ROC curve", () => close(scores.rocAuc, 4 / 6));
  it("gives the log loss", () =>
    close(
      scores.logLoss,
      -(Math.log(0.9) + Math.log(0.6) + Math.log(0.35) + Math.log(0.8) + Math.log(0.3)) / 5,
    ));
});

describe("metrics at the edges", () => {
  it("count ties of the ROC curve half", () => {
    close(metrics(binary([0.5, 0.5, 0.5]), single(["a", "b"], [0, 1, 1])).rocAuc, 0.5);
    close(metrics(binary([0.2, 0.5, 0.5, 0.9]), single(["a", "b"], [0, 0, 1, 1])).rocAuc, 0.875);
  });

  it("leave rocAuc out where one class has no row", () => {
    const scores = metrics(binary([0.2, 0.6]), single(["a", "b"], [1, 1]));
    assert.deepEqual(Object.keys(scores), ["accuracy", "f1", "mcc", "logLoss"]);
    close(scores.accuracy, 0.5);
    close(scores.mcc, 0);
  });

  it("stay finite where a certain prediction is wrong", () => {
    close(metrics(binary([1]), single(["a", "b"], [0])).logLoss, 23 * Math.LN2);
  });

  it("give f1 0 where the class is neither said nor there", () => {
    close(metrics(binary([0.1, 0.2]), single(["a", "b"], [0, 0])).f1, 0);
  });
});

describe("metrics of three classes", () => {
  const probabilities = Float32Array.from([0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.2, 0.5, 0.3, 0.3, 0.3, 0.4]);
  const scores = metrics(probabilities, single(["a", "b", "c"], [0, 1, 1, 2]));

  it("average f1 over the classes", () => close(scores.f1, (1 + 2 / 3 + 2 / 3) / 3));
  it("give Matthews' correlation over all classes", () => close(scores.mcc, 7 / 10));
  it("average the ROC curves of one class against the rest", () =>
    close(scores.rocAuc, (1 + 0.875 + 2 / 3) / 3));
});

// Expected values of both are scikit-learn 1.9's.
describe("metrics where classes are absent", () => {
  it("average f1 over the classes that occur or are predicted", () => {
    const probabilities = Float32Array.from([
      ...[0.7, 0.2, 0.05, 0.05, 0.1, 0.3, 0.55, 0.05, 0.2, 0.5, 0.25, 0.05],
      ...[0.3, 0.35, 0.3, 0.05, 0.1, 0.6, 0.2, 0.1],
    ]);
    const scores = metrics(probabilities, single(["a", "b", "c", "d"], [0, 1, 1, 0, 1]));
    close(scores.f1, 0.4444444444444444); // c is predicted once and never right, d is not met at all
    close(scores.accuracy, 0.6);
    close(scores.mcc, 0.3086066999241838);
    close(scores.logLoss, 0.793718695640564);
    assert.ok(!("rocAuc" in scores));
  });

  it("count a label that no row has and none is given, of several labels a row, as 0", () => {
    const labels = {
      problemType: "multi_label_classification",
      classes: ["toxic", "rude", "spam"],
      values: Float32Array.from([1, 0, 0, 0, 1, 0, 1, 1, 0]),
    } satisfies Labels;
    const scores = metrics(Float32Array.from([0.9, 0.2, 0.1, 0.4, 0.4, 0.2, 0.6, 0.7, 0.3]), labels);
    close(scores.f1, 0.5555555555555555);
  });
});

// test/fixtures/metrics/make.py: random predictions, with ties and classes that no row has.
describe("metrics beside scikit-learn and SciPy", () => {
  const { cases } = JSON.parse(
    readFileSync(join(__dirname, "../fixtures/metrics/expected.json"), "utf8"),
  ) as {
    cases: Record<
      string,
      Record<"ids" | "values" | "outputs", number[]> & { scores: Record<string, number> }
    >;
  };
  for (const [name, { ids, values, outputs, scores, ...kind }] of Object.entries(cases))
    it(`are the same of ${name}`, () => {
      const labels = {
        ...kind,
        ...(ids ? { ids: Int32Array.from(ids) } : { values: Float32Array.from(values) }),
      } as unknown as Labels;
      const found = metrics(Float32Array.from(outputs), labels, { metrics: Object.keys(scores) });
      assert.deepEqual(Object.keys(found).sort(), Object.keys(scores).sort());
      for (const [metric, expected] of Object.entries(scores))
        assert.ok(
          Math.abs(found[metric] - expected) < 1e-9,
          `${metric}: expected ${expected}, got ${found[metric]}`,
        );
    });
});

describe("further metrics", () => {
  const numbers = (values: number[]) =>
    ({ problemType: "regression", values: Float32Array.from(values) }) satisfies Labels;

  it("follow the usual ones in the order they were asked for", () => {
    const labels = single(["a", "b"], [0, 1]);
    const asked = ["quadraticKappa", "rocAuc:a", "accuracy"];
    const found = metrics(binary([0.2, 0.6]), labels, { metrics: asked });
    assert.deepEqual(Object.keys(found), [
      ...["accuracy", "f1", "mcc", "rocAuc", "logLoss"],
      ...["quadraticKappa", "rocAuc:a"],
    ]);
    close(found.quadraticKappa, 1);
  });

  it("are left out where they are not defined on these rows", () => {
    const constant = metrics(Float32Array.of(1, 2), numbers([3, 3]), {
      metrics: ["pearson", "spearman", "r2"],
    });
    assert.deepEqual(Object.keys(constant), ["rmse", "r2"]);
    assert.equal(constant.r2, 0);
    const oneClass = metrics(binary([0.2, 0.6]), single(["a", "b"], [1, 1]), { metrics: ["rocAuc:b"] });
    assert.ok(!("rocAuc:b" in oneClass));
  });

  it("call correlation with predictions that do not vary 0, where SciPy has none", () => {
    const { pearson, spearman } = metrics(Float32Array.of(0.1, 0.1, 0.1), numbers([1, 2, 4]), {
      metrics: ["pearson", "spearman"],
    });
    assert.deepEqual([pearson, spearman], [0, 0]);
  });

  it("are refused by name where the task has none such, with those it has", () => {
    const refused = (labels: Labels, metric: string, message: RegExp) =>
      assert.throws(() => metrics(new Float32Array(2), labels, { metrics: [metric] }), {
        name: "InputError",
        message,
      });
    refused(
      numbers([1, 2]),
      "accuracy",
      /^metrics: expected one of rmse, mae, r2, pearson, spearman, got "accuracy"$/,
    );
    refused(numbers([1, 2]), "rmse:cohesion", /got "rmse:cohesion"$/);
    const targets: Labels = { ...numbers([1, 2]), classes: ["cohesion", "syntax"] };
    refused(targets, "rmse:grammar", /rmse:<target>.*got "rmse:grammar"$/);
    for (const name of ["constructor", "__proto__", "toString"])
      refused(numbers([1, 2]), name, new RegExp(`^metrics: expected one of rmse, .*got "${name}"$`));
  });
});

describe("metrics", () => {
  const multi = (values: number[]) =>
    ({
      problemType: "multi_label_classification",
      classes: ["a", "b"],
      values: Float32Array.from(values),
    }) satisfies Labels;

  it("refuse outputs that are not finite, and name the row", () => {
    const refused = (outputs: number[], labels: Labels, message: string) =>
      assert.throws(() => metrics(Float32Array.from(outputs), labels), { name: "InputError", message });
    const ofTwo = single(["a", "b"], [0, 1]);
    refused([0.5, 0.5, Number.NaN, 0.2], ofTwo, "metrics: expected finite outputs, got NaN in row 1");
    refused(
      [1, Number.POSITIVE_INFINITY, 0, 1],
      multi([0, 1, 1, 0]),
      "metrics: expected finite outputs, got Infinity in row 0",
    );
    const numbers = { problemType: "regression", values: Float32Array.of(1, 2) } satisfies Labels;
    refused(
      [1, Number.NEGATIVE_INFINITY],
      numbers,
      "metrics: expected finite outputs, got -Infinity in row 1",
    );
    refused(
      [0.5, 0.5, 1, 0],
      single(["a", "b"], [0, 2]),
      "metrics: row 1: expected a class from 0 to 1 as its label, got 2",
    );
    refused([0.5, 0.5], ofTwo, "metrics: expected 4 outputs for 2 rows of 2 labels, got 2");
  });

  it("have their names before there is anything to score", () => {
    const of = (labels: Labels) => {
      const width = labels.classes?.length ?? 1;
      const rows = "ids" in labels ? labels.ids.length : labels.values.length / width;
      assert.deepEqual(metricNames(labels), Object.keys(metrics(new Float32Array(rows * width), labels)));
      return metricNames(labels).includes("rocAuc");
    };
    assert.equal(of(single(["a", "b"], [0, 1, 1])), true);
    assert.equal(of(single(["a", "b"], [1, 1])), false);
    assert.equal(of(single(["a", "b", "c"], [0, 1, 2])), true);
    assert.equal(of(single(["a", "b", "c"], [0, 1, 1])), false);
    assert.equal(of(multi([0, 1, 1, 0])), true);
    assert.equal(of(multi([0, 1, 1, 1])), false);
    assert.equal(of(multi([0, 0, 1, 0])), false);
    assert.equal(of({ problemType: "regression", values: Float32Array.of(1, 2) }), false);
  });
});

describe("metrics of several labels", () => {
  const labels = {
    problemType: "multi_label_classification",
    classes: ["toxic", "rude"],
    values: Float32Array.from([1, 0, 0, 1, 1, 1]),
  } satisfies Labels;
  const scores = metrics(Float32Array.from([0.9, 0.2, 0.4, 0.4, 0.6, 0.7]), labels);

  it("call a row right when all its labels are", () => close(scores.accuracy, 2 / 3));
  it("average f1 and rocAuc over the labels", () => {
    close(scores.f1, (1 + 2 / 3) / 2);
    close(scores.rocAuc, 1);
  });
  it("average the log loss over rows and labels", () =>
    close(scores.logLoss, -[0.9, 0.8, 0.6, 0.4, 0.6, 0.7].map(Math.log).reduce((a, b) => a + b) / 6));
});

describe("metrics of a regression", () => {
  it("are the root mean squared error", () => {
    const values = Float32Array.from([1, 2, 3]);
    assert.deepEqual(Object.keys(metrics(values, { problemType: "regression", values })), ["rmse"]);
    close(
      metrics(Float32Array.from([1, 4, 5]), { problemType: "regression", values }).rmse,
      Math.sqrt(8 / 3),
    );
  });

  it("are better the lower, unlike accuracy", () => {
    assert.ok(isLowerBetter("rmse"));
    assert.ok(!isLowerBetter("accuracy"));
  });
});

it("argMax finds the first of the largest values of a row", () => {
  assert.equal(argMax(Float32Array.from([9, 1, 3, 3]), 1, 3), 1);
});
