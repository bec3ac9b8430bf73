import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { autocast } from "../../src/engine/autocast";
import { attention } from "../../src/nn/attention";
import { firstRowAttention } from "../../src/nn/firstRowAttention";
import { linear } from "../../src/nn/linear";
import { Pass, type Value } from "../../src/nn/Pass";
import { firstRowAttention as kernel } from "../../src/ops/firstRowAttention/firstRowAttention";
import { firstRowAttentionGradients as kernelGradients } from "../../src/ops/firstRowAttention/firstRowAttentionGradients";
import { assertClose } from "../close";
import { onEveryEngine, withoutHalf } from "../onEveryEngine";
import { checkGradients, drawn, leaf, weightedSum } from "./numericalGradient";

interface Sizes {
  batch: number;
  keys: number;
  heads: number;
  width: number;
  hidden: number;
}

/** What a last block's attention reads: a query of each text, its rows and the layers for keys and values. */
function parts({ batch, keys, heads, width, hidden }: Sizes) {
  const dense = (name: string) => ({
    weight: drawn(`${name}.weight`, [heads * width, hidden], 1 / Math.sqrt(hidden)),
    bias: drawn(`${name}.bias`, [heads * width]),
  });
  const inputs = { query: drawn("query", [batch, heads * width]), x: drawn("x", [batch * keys, hidden]) };
  const [key, value] = [dense("key"), dense("value")];
  const parameters = [key.weight, key.bias, value.weight, value.bias];
  const all = [inputs.query, inputs.x, ...parameters];
  return { ...inputs, key, value, parameters, all, dispose: () => tf.dispose(all.map(({ value }) => value)) };
}

type Parts = ReturnType<typeof parts>;

/** The last key of each text but the first is padding. */
function maskOf(batch: number, keys: number): tf.Tensor {
  const values = Array.from({ length: batch * keys }, (_, i) =>
    i >= keys && i % keys === keys - 1 ? -1e9 : 0,
  );
  return tf.tensor4d(values, [batch, 1, 1, keys]);
}

const folded =
  (pass: Pass, { key, value }: Parts, options: Parameters<typeof attention>[4]) =>
  (query: Value, x: Value) =>
    firstRowAttention(pass, query, x, key, value, options);

const plain =
  (pass: Pass, { key, value }: Parts, options: Parameters<typeof attention>[4]) =>
  (query: Value, x: Value) =>
    attention(pass, query, linear(pass, x, key), linear(pass, x, value), options);

/** The output and all gradients of Σ c · output, for c drawn once. */
function outcome(form: typeof plain, made: Parts, { batch, keys, heads }: Sizes, dropout: number) {
  const pass = new Pass({ training: true, recording: true, seed: ["same"] });
  const mask = maskOf(batch, keys);
  const inputs = [made.query, made.x].map((input) => leaf(pass, input));
  let output: tf.Tensor;
  const sum = pass.scope("attention", () => {
    const y = form(pass, made, { batchSize: batch, heads, mask, dropout })(inputs[0], inputs[1]);
    output = tf.keep(y.tensor.clone());
    return weightedSum(pass, y, drawn("c", y.tensor.shape).value);
  });
  const gradients = pass.backward(sum);
  tf.dispose([sum.tensor, mask]);
  return { output: output!, gradients };
}

onEveryEngine("firstRowAttention", (engine) => {
  const small = { batch: 2, keys: 3, heads: 2, width: 2, hidden: 5 };

  for (const dropout of [0, 0.4])
    it(`passes back gradients of queries, rows and both layers, with dropout ${dropout}`, () => {
      const made = parts(small);
      const mask = maskOf(small.batch, small.keys);
      checkGradients(
        [made.query, made.x],
        (pass, query, x) =>
          folded(pass, made, { batchSize: small.batch, heads: small.heads, mask, dropout })(query, x),
        { parameters: made.parameters },
      );
      mask.dispose();
      made.dispose();
    });

  // Also: a text of one token, more columns than a kernel sums up in one go, and odd sizes.
  for (const sizes of [
    small,
    { batch: 3, keys: 1, heads: 2, width: 4, hidden: 8 },
    { batch: 4, keys: 19, heads: 3, width: 64, hidden: 192 },
    { batch: 1, keys: 5, heads: 1, width: 33, hidden: 1100 },
  ])
    for (const dropout of [0, 0.3])
      it(`is attention to keys and values made one by one: ${JSON.stringify({ ...sizes, dropout })}`, () => {
        const made = parts(sizes);
        const [expected, actual] = [plain, folded].map((form) => outcome(form, made, sizes, dropout));
        assertClose(actual.output, expected.output.dataSync(), 2e-5);
        assert.deepEqual(new Set(actual.gradients.keys()), new Set(expected.gradients.keys()));
        assert.equal(actual.gradients.size, 6);
        for (const [parameter, gradient] of expected.gradients) {
          const values = gradient.dataSync();
          const scale = Math.max(1, ...values.map(Math.abs));
          assertClose(actual.gradients.get(parameter)!, values, 2e-5 * scale);
        }
        for (const { output, gradients } of [expected, actual]) tf.dispose([output, ...gradients.values()]);
        made.dispose();
      });

  for (const half of ["bf16", "fp16"] as const) {
    it(`reads the factors of its products in ${half} where that is asked for`, {
      skip: withoutHalf(engine),
    }, () => {
      // 1 + 2^-12 is a float32, and rounds to 1 in either type of 16 bits.
      const value = 1 + 2 ** -12;
      const [batch, keys, hidden] = [2, 3, 4];
      tf.tidy(() => {
        const eye = tf.eye(hidden) as tf.Tensor;
        const attended = {
          query: tf.zeros([batch, hidden]),
          x: tf.fill([batch * keys, hidden], value),
          keyWeight: eye,
          valueWeight: eye,
          valueBias: tf.zeros([hidden]),
          heads: 2,
        };
        const mask = tf.zeros([batch, 1, 1, keys]);
        const full = kernel({ ...attended, mask });
        const less = autocast(half, () => kernel({ ...attended, mask }));
        assertClose(full.output, new Float32Array(8).fill(value), 2e-7);
        assertClose(less.output, new Float32Array(8).fill(1), 4e-3);
        assert.ok(less.output.dataSync().every((x) => Math.abs(x - value) > 1e-4));
        // The weight's gradient at dy = 1 + 2^-12 is a sum over both texts.
        const dy = tf.fill([batch, hidden], value);
        const wanted = { query: false, x: false, keyWeight: false, valueWeight: true, valueBias: false };
        const gradient = (made: typeof full) =>
          kernelGradients({ dy, ...attended, ...made, scored: null, wanted }).valueWeight!;
        assertClose(gradient(full), new Float32Array(16).fill(2 * value * value), 2e-6);
        const rounded = autocast(half, () => gradient(less));
        assertClose(rounded, new Float32Array(16).fill(2), 2e-2);
        assert.ok(rounded.dataSync().every((x) => Math.abs(x - 2 * value * value) > 1e-4));
      });
    });

    it(`passes back gradients in ${half} that are those of float32 within its rounding`, {
      skip: withoutHalf(engine),
    }, () => {
      const sizes = { batch: 4, keys: 19, heads: 3, width: 8, hidden: 24 };
      const made = parts(sizes);
      const full = outcome(folded, made, sizes, 0.3);
      const less = autocast(half, () => outcome(folded, made, sizes, 0.3));
      const [share, differs] = half === "bf16" ? [0.05, 1e-4] : [0.01, 1e-5];
      const pairs = [
        [less.output, full.output],
        ...[...full.gradients].map(([parameter, gradient]) => [less.gradients.get(parameter)!, gradient]),
      ];
      assert.equal(pairs.length, 7);
      for (const [here, there] of pairs) {
        const values = there.dataSync();
        const scale = Math.max(...values.map(Math.abs));
        assertClose(here, values, share * scale);
        if (scale > 0) assert.ok(here.dataSync().some((x, i) => Math.abs(x - values[i]) > differs * scale));
      }
      for (const { output, gradients } of [full, less]) tf.dispose([output, ...gradients.values()]);
      made.dispose();
    });
  }

  it("has no gradient for the keys' bias, which all scores of a query share", () => {
    const made = parts(small);
    const { output, gradients } = outcome(folded, made, small, 0);
    assertClose(gradients.get(made.key.bias)!, [0, 0, 0, 0], 0);
    tf.dispose([output, ...gradients.values()]);
    made.dispose();
  });

  it("keeps no rows where nothing but the values' layer learns", () => {
    const made = parts(small);
    const mask = maskOf(small.batch, small.keys);
    for (const parameter of made.all) parameter.requiresGrad = parameter.name.startsWith("value");
    const whole = outcome(folded, made, small, 0);
    assert.deepEqual([...whole.gradients.keys()].map(({ name }) => name).sort(), [
      "value.bias",
      "value.weight",
    ]);
    const before = tf.memory().numBytes;
    const pass = new Pass({ training: true, recording: true });
    const options = { batchSize: small.batch, heads: small.heads, mask, dropout: 0 };
    const y = pass.scope("attention", () =>
      folded(pass, made, options)(pass.input(made.query.value), pass.input(made.x.value)),
    );
    // The output, the weights and the sums: 8, 12 and 20 numbers.
    assert.equal(tf.memory().numBytes - before, 4 * (8 + 12 + 20));
    pass.dispose();
    tf.dispose([y.tensor, mask, whole.output, ...whole.gradients.values()]);
    made.dispose();
  });

  it("refuses heads and masks that do not fit", () => {
    const made = parts(small);
    tf.tidy(() => {
      const attended = {
        query: made.query.value,
        x: made.x.value,
        keyWeight: made.key.weight.value,
        valueWeight: made.value.weight.value,
        valueBias: made.value.bias.value,
        heads: 2,
      };
      const mask = tf.zeros([2, 1, 1, 3]);
      assert.throws(() => kernel({ ...attended, heads: 3, mask }), {
        message: `attention: expected 2 texts and 3 heads to divide [2,4] and [6,5], got 3 keys of width ${4 / 3}`,
      });
      assert.throws(() => kernel({ ...attended, mask: tf.zeros([2, 1, 1, 4]) }), {
        message: "attention: expected a mask of shape [2, 1, 1, 3], got [2,1,1,4]",
      });
    });
    made.dispose();
  });
});
