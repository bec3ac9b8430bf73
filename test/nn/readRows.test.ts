import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { add } from "../../src/nn/elementwise";
import { layerNorm, residualNorm } from "../../src/nn/layerNorm";
import { linear, residualLinear } from "../../src/nn/linear";
import { multiHeadAttention } from "../../src/nn/multiHeadAttention";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { readRows } from "../../src/nn/readRows";
import { runStages } from "../../src/nn/runStages";
import type { Stage, StageInputs } from "../../src/nn/Stage";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { drawn, leaf, weightedSum } from "./numericalGradient";

const [batchSize, length, width] = [2, 3, 4];

function parametersOf() {
  const dense = (name: string) => ({
    weight: drawn(`${name}.weight`, [width, width]),
    bias: drawn(name, [width]),
  });
  const norm = { weight: drawn("norm.weight", [width]), bias: drawn("norm.bias", [width]), eps: 1e-5 };
  const parts = { query: dense("query"), key: dense("key"), value: dense("value"), out: dense("out"), norm };
  const all = Object.values(parts).flatMap(({ weight, bias }): Parameter[] => [weight, bias]);
  return { ...parts, all };
}

/** A block of each kind: what attention gives is added and normed behind it, or normed before it and added. */
const BLOCKS = {
  postNorm: (pass: Pass, x: Value, parts: ReturnType<typeof parametersOf>, mask: tf.Tensor) => {
    const options = { batchSize, heads: 2, mask, dropout: 0 };
    const context = multiHeadAttention(pass, x, parts, options);
    return residualNorm(pass, linear(pass, context, parts.out), 0, x, parts.norm);
  },
  preNorm: (pass: Pass, x: Value, parts: ReturnType<typeof parametersOf>, mask: tf.Tensor) => {
    const options = { batchSize, heads: 2, mask, dropout: 0 };
    const context = multiHeadAttention(pass, layerNorm(pass, x, parts.norm), parts, options);
    return residualLinear(pass, context, parts.out, x, {});
  },
};

onEveryEngine("Rows that will be read", () => {
  it("are all rows, or the first of each text where those alone are read, made once in a scope", () => {
    const x = drawn("x", [batchSize * length, width]);
    tf.tidy(() => {
      const pass = new Pass();
      const input = pass.input(x.value);
      assert.equal(readRows(pass, input, batchSize), input);
      const again: Value[] = [];
      for (const scope of ["one", "two"])
        pass.scope(scope, () =>
          pass.reading(true, () => {
            const rows = readRows(pass, input, batchSize);
            assertClose(rows.tensor, tf.gather(x.value, [0, length]), 0);
            assert.equal(readRows(pass, input, batchSize), rows);
            assert.ok(!again.includes(rows));
            again.push(rows);
            return rows;
          }),
        );
      assert.equal(pass.firstRows, false);
      assert.throws(() => pass.reading(true, () => assert.fail("thrown")), /thrown/);
      assert.equal(pass.firstRows, false);
    });
    x.dispose();
  });

  it("are taken of what is added to them, on either side", () => {
    const [x, few] = [drawn("x", [batchSize * length, width]), drawn("few", [batchSize, width])];
    tf.tidy(() => {
      const pass = new Pass();
      const [whole, first] = [x, few].map(({ value }) => pass.input(value));
      const expected = tf.add(tf.gather(x.value, [0, length]), few.value).dataSync();
      pass.scope("add", () =>
        pass.reading(true, () => {
          assertClose(add(pass, whole, first).tensor, expected, 0);
          return add(pass, first, whole);
        }),
      );
    });
    for (const source of [x, few]) source.dispose();
  });

  for (const [name, block] of Object.entries(BLOCKS))
    it(`of a ${name} block have the values and the gradients that they have among all`, () => {
      const parts = parametersOf();
      const x = drawn("x", [batchSize * length, width]);
      const c = drawn("c", [batchSize, width]);
      const mask = tf.zeros([batchSize, 1, 1, length]);
      const before = tf.memory().numTensors;
      const made = [true, false].map((alone) => {
        const pass = new Pass({ recording: true });
        let y: Value;
        const sum = pass.scope("block", () => {
          y = pass.reading(alone, () => block(pass, leaf(pass, x), parts, mask));
          assert.equal(y.tensor.shape[0], alone ? batchSize : batchSize * length);
          const rows = pass.reading(true, () => readRows(pass, y, batchSize));
          return weightedSum(pass, rows, c.value);
        });
        const gradients = pass.backward(sum);
        return { sum: sum.tensor, gradients };
      });
      const [first, all] = made;
      assertClose(first.sum, all.sum.dataSync(), 1e-5);
      assert.equal(first.gradients.size, 1 + parts.all.length);
      for (const [parameter, gradient] of first.gradients)
        assertClose(gradient, all.gradients.get(parameter)!.dataSync(), 1e-4, parameter.name);
      for (const { sum, gradients } of made) tf.dispose([sum, ...gradients.values()]);
      assert.equal(tf.memory().numTensors, before);
      mask.dispose();
      for (const parameter of [x, c, ...parts.all]) parameter.dispose();
    });

  it("are those that the head says it reads, with the same gradients where they are computed again", () => {
    const parts = parametersOf();
    const x = drawn("x", [batchSize * length, width]);
    const mask = tf.zeros([batchSize, 1, 1, length]);
    const c = drawn("c", [batchSize, width]);
    const stages = (readsFirstRows: boolean): Stage<StageInputs>[] => [
      { name: "embeddings", parameters: [x], forward: (pass) => leaf(pass, x) },
      {
        name: "block",
        parameters: parts.all,
        forward: (pass, _, x) => BLOCKS.postNorm(pass, x!, parts, mask),
      },
      {
        name: "head",
        readsFirstRows,
        parameters: [],
        forward: (pass, _, x) => pass.reading(true, () => readRows(pass, x!, batchSize)),
      },
    ];
    const run = (head: boolean, everyRow: boolean, checkpointing: boolean) => {
      const pass = new Pass({ recording: true, checkpointing });
      const shapes: number[] = [];
      const sum = runStages(
        pass,
        stages(head),
        { dispose: () => undefined },
        {
          everyRow,
          seen: ({ tensor }) => shapes.push(tensor.shape[0]),
          finish: (y) => weightedSum(pass, y, c.value),
        },
      );
      const gradients = pass.backward(sum);
      const values = [...gradients].map(([{ name }, gradient]) => [name, gradient.dataSync().slice()]);
      tf.dispose([sum.tensor, ...gradients.values()]);
      return { shapes, values: new Map(values as [string, Float32Array][]) };
    };
    const [all, few] = [batchSize * length, batchSize];
    const kept = run(true, false, false);
    assert.deepEqual(kept.shapes, [all, few, few]);
    assert.deepEqual(run(true, true, false).shapes, [all, all, few]);
    assert.deepEqual(run(false, false, false).shapes, [all, all, few]);
    const again = run(true, false, true);
    assert.deepEqual(again.shapes, kept.shapes);
    for (const [name, values] of kept.values) assert.deepEqual(again.values.get(name), values, name);
    mask.dispose();
    for (const parameter of [x, c, ...parts.all]) parameter.dispose();
  });
});
