import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { Labels } from "../../src/data/textDataset";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { type CustomLoss, type LossOptions, lossOf } from "../../src/training/loss";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

const logits = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.5],
  [-2, 0, 1],
  [0, 3, 0.5],
];
const single: Labels = {
  problemType: "single_label_classification",
  classes: ["a", "b", "c"],
  ids: Int32Array.of(2, 0, 1, 2),
};
const multi: Labels = {
  problemType: "multi_label_classification",
  classes: ["a", "b", "c"],
  values: Float32Array.of(1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0),
};

function lossAt(labels: Labels, rows: number[], options?: LossOptions, values = logits): number {
  const mean = lossOf(labels, options);
  return tf.tidy(() => {
    const pass = new Pass();
    const x = pass.input(tf.tensor2d(rows.map((row) => values[row])));
    return mean.forward(pass, x, rows, mean.weight(rows)).tensor.dataSync()[0];
  });
}

/** A parameter as a value, so that backward gives its gradient. */
const read = (pass: Pass, x: Parameter) =>
  pass.record({ output: x.value.clone(), inputs: { x }, backward: (dy) => ({ x: dy.clone() }) });

/** Numbers of a fixture as labels: classes, or lists of flags or values. */
function labelsOf(truth: unknown[], name: string): Labels {
  if (!Array.isArray(truth[0]))
    return {
      problemType: "single_label_classification",
      classes: ["a", "b", "c", "d"],
      ids: Int32Array.from(truth as number[]),
    };
  const values = Float32Array.from((truth as number[][]).flat());
  if (/soft/.test(name))
    return {
      problemType: "single_label_classification",
      classes: ["a", "b", "c", "d"],
      ids: Int32Array.from(truth as number[][], (row) => row.indexOf(Math.max(...row))),
      soft: values,
    };
  const problemType = /mse|smoothL1/.test(name) ? "regression" : "multi_label_classification";
  return {
    problemType,
    classes: ["a", "b", "c", "d"],
    values,
  };
}

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-5, `expected ${expected}, got ${actual}`);

// The expected numbers are PyTorch's: torch.nn.functional's cross_entropy, binary_cross_entropy_with_logits and mse_loss.
onEveryEngine("lossOf", () => {
  it("is PyTorch's mean cross-entropy for single labels", () => {
    close(lossAt(single, [0, 1, 2, 3]), 1.1415371);
    close(lossAt(single, [3, 1]), 1.4879124);
  });

  it("weighs rows by their class as PyTorch does, smoothing too", () => {
    close(lossAt(single, [0, 1, 2, 3], { classWeights: [1, 2, 0.5] }), 1.1206421);
    close(lossAt(single, [0, 1, 2, 3], { labelSmoothing: 0.1 }), 1.1977871);
    close(lossAt(single, [0, 1, 2, 3], { classWeights: [1, 2, 0.5], labelSmoothing: 0.1 }), 1.2084239);
  });

  it("balances classes so that each weighs the same in all", () => {
    const weight = (rows: number[]) => lossOf(single, { classWeights: "balanced" }).weight(rows);
    close(weight([1]), weight([0, 3]));
    close(weight([2]), weight([0, 3]));
    close(weight([0, 1, 2, 3]), 4);
  });

  it("adds up over parts of a batch to the loss of the whole", () => {
    const mean = lossOf(single, { classWeights: [1, 2, 0.5] });
    const whole = [0, 1, 2, 3];
    const parts = tf.tidy(() =>
      [
        [0, 1],
        [2, 3],
      ].map((rows) => {
        const pass = new Pass();
        const x = pass.input(tf.tensor2d(rows.map((row) => logits[row])));
        return mean.forward(pass, x, rows, mean.weight(whole)).tensor.dataSync()[0];
      }),
    );
    close(parts[0] + parts[1], 1.1206421);
  });

  it("is PyTorch's binary cross-entropy for several labels", () => {
    close(lossAt(multi, [0, 1, 2, 3]), 0.7304037);
    close(lossAt(multi, [0, 1, 2, 3], { classWeights: [1, 2, 0.5] }), 0.8084674);
  });

  it("is the mean squared error for a regression", () => {
    const values = [[0.5], [-1], [2], [0]];
    const labels: Labels = { problemType: "regression", values: Float32Array.of(1, 0, 2, -2) };
    close(lossAt(labels, [0, 1, 2, 3], {}, values), (0.25 + 1 + 0 + 4) / 4);
  });

  it("is PyTorch's mse_loss over all targets of a regression", () => {
    const labels: Labels = {
      problemType: "regression",
      classes: ["a", "b", "c"],
      values: Float32Array.of(1, 0, 2, -2, 0.5, 1, 0, 0, 3, 1, 1, 1),
    };
    close(lossAt(labels, [0, 1, 2, 3]), 2.421875);
    close(lossAt(labels, [2, 0]), 1.5416667);
  });

  // test/fixtures/losses/make.py
  const { cases } = JSON.parse(readFileSync(join(__dirname, "../fixtures/losses/expected.json"), "utf8")) as {
    cases: Record<
      string,
      {
        logits: number[][];
        truth: unknown[];
        weights?: number[];
        options: LossOptions;
        loss: number;
        gradient: number[][];
      }
    >;
  };
  for (const [name, { logits, truth, weights, options, loss, gradient }] of Object.entries(cases))
    it(`is PyTorch's ${name}, and so is its gradient`, async () => {
      const labels = { ...labelsOf(truth, name), ...(weights && { weights: Float32Array.from(weights) }) };
      const mean = lossOf(labels, options);
      const rows = [...truth.keys()];
      // By halves too, as where gradients are accumulated.
      for (const parts of [[rows], [rows.slice(0, 2), rows.slice(2)]]) {
        let total = 0;
        for (const part of parts) {
          const pass = new Pass({ training: true, recording: true });
          const x = new Parameter("logits", tf.tensor2d(part.map((row) => logits[row])));
          const value = pass.scope("loss", () => mean.forward(pass, read(pass, x), part, mean.weight(rows)));
          total += (await value.tensor.data())[0];
          const found = pass.backward(value).get(x)!;
          const expected = part.flatMap((row) => gradient[row]);
          assertClose((await found.data()) as Float32Array, expected, 1e-6, name);
          tf.dispose([value.tensor, found]);
          x.dispose();
        }
        assert.ok(Math.abs(total - loss) < 2e-5, `${name}: expected ${loss}, got ${total}`);
      }
    });

  it("of one's own has the gradient that tfjs finds, and is told what is true of the rows", async () => {
    const labels: Labels = {
      problemType: "regression",
      classes: ["a", "b"],
      values: Float32Array.of(1, 2, 3, 5),
    };
    const seen: number[][] = [];
    // The root of the mean squared error of a row.
    const loss: CustomLoss = (x, y) => {
      seen.push(y.shape);
      return tf.sqrt(tf.mean(tf.squaredDifference(x, y), 1));
    };
    const mean = lossOf(labels, { loss });
    const pass = new Pass({ training: true, recording: true });
    const x = new Parameter(
      "logits",
      tf.tensor2d([
        [1, 0],
        [3, 1],
      ]),
    );
    const value = pass.scope("loss", () => mean.forward(pass, read(pass, x), [0, 1], mean.weight([0, 1])));
    close((await value.tensor.data())[0], (Math.SQRT2 + Math.sqrt(8)) / 2);
    const gradient = pass.backward(value).get(x)!;
    assertClose((await gradient.data()) as Float32Array, [0, -Math.SQRT1_2 / 2, 0, -Math.SQRT1_2 / 2], 1e-6);
    assert.deepEqual(seen[0], [2, 2]);
    tf.dispose([value.tensor, gradient]);
    x.dispose();
    const ids: number[] = [];
    const hinge: CustomLoss = (logits, truth) => {
      ids.push(...truth.dataSync());
      return tf.mean(logits, 1);
    };
    close(lossAt(single, [3, 1], { loss: hinge }), (3.5 + 1.25) / 6);
    assert.deepEqual(ids, [2, 0]);
  });

  it("of one's own has to give a loss for each row, and knows of no class weights", () => {
    assert.throws(() => lossAt(single, [0, 1], { loss: (x) => tf.mean(x) }), {
      name: "InputError",
      message: "loss: expected the loss of each row, a tensor [2], got []",
    });
    assert.throws(() => lossOf(single, { loss: (x) => tf.mean(x, 1), classWeights: [1, 1, 1] }), {
      message: "classWeights: expected none, since a loss of one's own knows of none; leave it out",
    });
  });

  it("is refused where the labels are of another kind, with those that fit", () => {
    assert.throws(() => lossOf(single, { loss: "mse" }), {
      name: "InputError",
      message:
        'loss: expected one of crossEntropy, focal, ordinal for single_label_classification, got "mse"',
    });
    assert.throws(() => lossOf(multi, { loss: "ordinal" }), /expected one of bce, focal for multi_label/);
    const numbers: Labels = { problemType: "regression", values: Float32Array.of(1) };
    assert.throws(() => lossOf(numbers, { loss: "focal" }), /expected one of mse, smoothL1 for regression/);
    assert.throws(
      () => lossOf(numbers, { loss: "smoothL1", labelSmoothing: 0.1 }),
      /^InputError: labelSmoothing/,
    );
  });

  it("refuses class weights that do not fit", () => {
    const refuses = (labels: Labels, classWeights: LossOptions["classWeights"], message: RegExp) =>
      assert.throws(() => lossOf(labels, { classWeights }), { name: "InputError", message });
    refuses(single, [1, 2], /^classWeights: expected 3 weights of at least 0 for a, b, c, got \[1,2\]/);
    refuses(single, [1, 2, -1], /^classWeights/);
    refuses(multi, "balanced", /"balanced" is for single labels/);
  });
});
