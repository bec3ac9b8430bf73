import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type AttentionOptions, attention } from "../../src/nn/attention";
import { add } from "../../src/nn/elementwise";
import { linear } from "../../src/nn/linear";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { selfAttention } from "../../src/nn/selfAttention";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn, leaf, weightedSum } from "./numericalGradient";

/** Rows of some texts and the layers for their queries, keys and values, which have as many outputs as the rows are wide. */
function parts(rows: number, hidden: number) {
  const dense = (name: string) => ({
    weight: drawn(`${name}.weight`, [hidden, hidden], 1 / Math.sqrt(hidden)),
    bias: drawn(`${name}.bias`, [hidden]),
  });
  const x = drawn("x", [rows, hidden]);
  const layers = { query: dense("query"), key: dense("key"), value: dense("value") };
  const parameters = Object.values(layers).flatMap(({ weight, bias }) => [weight, bias]);
  return { x, layers, parameters, dispose: () => tf.dispose([x, ...parameters].map(({ value }) => value)) };
}

type Parts = ReturnType<typeof parts>;

const oneByOne = (pass: Pass, x: Value, { query, key, value }: Parts["layers"], options: AttentionOptions) =>
  attention(pass, linear(pass, x, query), linear(pass, x, key), linear(pass, x, value), options);

/** All gradients of Σ c · (output + x), for c drawn once: x has gathered some of its own by the time attention's comes. */
function gradientsOf(form: typeof oneByOne, { x, layers }: Parts, options: AttentionOptions) {
  const pass = new Pass({ training: true, recording: true, seed: ["same"] });
  const sum = pass.scope("attention", () => {
    const input = leaf(pass, x);
    const y = add(pass, form(pass, input, layers, options), input);
    return weightedSum(pass, y, drawn("c", y.tensor.shape).value);
  });
  const gradients = pass.backward(sum);
  sum.tensor.dispose();
  return gradients;
}

function assertSame(actual: Map<Parameter, tf.Tensor>, expected: Map<Parameter, tf.Tensor>): void {
  assert.deepEqual(new Set(actual.keys()), new Set(expected.keys()));
  for (const [parameter, gradient] of expected) {
    const values = gradient.dataSync();
    const scale = Math.max(1, ...values.map(Math.abs));
    assertClose(actual.get(parameter)!, values, 1e-5 * scale, parameter.name);
  }
  tf.dispose([...actual.values(), ...expected.values()]);
}

onEveryEngine("selfAttention", () => {
  for (const dropout of [0, 0.4])
    it(`passes back gradients of its rows and of all three layers, with dropout ${dropout}`, () => {
      const { x, layers, parameters, dispose } = parts(2 * 3, 4);
      const mask = tf.tensor4d([0, 0, 0, 0, 0, -1e9], [2, 1, 1, 3]);
      const options = { batchSize: 2, heads: 2, mask, dropout };
      checkGradients([x], (pass, x) => selfAttention(pass, x, layers, options), { parameters });
      mask.dispose();
      dispose();
    });

  it("is attention among queries, keys and values that were made one by one", () => {
    const made = parts(3 * 17, 96);
    const mask = tf.zeros([3, 1, 1, 17]);
    const options = { batchSize: 3, heads: 3, mask, dropout: 0.1 };
    tf.tidy(() => {
      const [expected, actual] = [oneByOne, selfAttention].map((form) => {
        const pass = new Pass({ training: true, seed: ["same"] });
        return pass.scope("attention", () => form(pass, pass.input(made.x.value), made.layers, options))
          .tensor;
      });
      assertClose(actual, expected.dataSync(), 1e-5);
    });
    assertSame(gradientsOf(selfAttention, made, options), gradientsOf(oneByOne, made, options));
    mask.dispose();
    made.dispose();
  });

  it("leaves out the gradients that nobody wants, of weights, of biases and of the rows", () => {
    const made = parts(2 * 3, 4);
    const mask = tf.zeros([2, 1, 1, 3]);
    const options = { batchSize: 2, heads: 2, mask, dropout: 0 };
    for (const learns of [/weight/, /bias/, /^value/, /^key.weight|^x$/, /^query.bias|^value.weight/]) {
      for (const parameter of [made.x, ...made.parameters])
        parameter.requiresGrad = learns.test(parameter.name);
      assertSame(gradientsOf(selfAttention, made, options), gradientsOf(oneByOne, made, options));
    }
    mask.dispose();
    made.dispose();
  });

  it("leaves nothing but its output where it is not recorded, and keeps its rows only for weights that learn", () => {
    const made = parts(2 * 3, 4);
    const mask = tf.zeros([2, 1, 1, 3]);
    const options = { batchSize: 2, heads: 2, mask, dropout: 0 };
    const kept = (recording: boolean) => {
      const before = tf.memory().numTensors;
      const pass = new Pass({ recording });
      const y = pass.scope("attention", () =>
        selfAttention(pass, pass.input(made.x.value), made.layers, options),
      );
      const count = tf.memory().numTensors - before - 1;
      pass.dispose();
      y.tensor.dispose();
      assert.equal(tf.memory().numTensors, before);
      return count;
    };
    assert.equal(kept(false), 0);
    // Queries, keys, values, weights, and the rows.
    assert.equal(kept(true), 5);
    for (const parameter of made.parameters) parameter.requiresGrad = parameter.name.endsWith("bias");
    assert.equal(kept(true), 4);
    mask.dispose();
    made.dispose();
  });
});
