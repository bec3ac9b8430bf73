import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { rotaryAttention } from "../../src/nn/rotaryAttention";
import { rotaryTurns } from "../../src/nn/rotaryTurns";
import { type Turns, turn } from "../../src/ops/rotaryAttention/turn";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn, leaf } from "./numericalGradient";

const [batchSize, heads, width] = [2, 2, 2];
const hidden = heads * width;

const qkvFor = (length: number) => drawn("qkv", [batchSize * length, 3 * hidden], 0.7);

const dispose = (turns: Turns, ...sources: Parameter[]) => {
  for (const source of sources) source.dispose();
  tf.dispose([turns.cos, turns.sin]);
};

/** Everything is seen but the last `hidden` tokens of the second text. */
const maskFor = (length: number, hidden: number) =>
  tf.tensor4d(
    Float32Array.from({ length: batchSize * length }, (_, i) => (i < 2 * length - hidden ? 0 : -1e9)),
    [batchSize, 1, 1, length],
  );

/** The definition, element by element. */
function byDefinition(qkv: tf.Tensor, turns: Turns, length: number, reach: number, last: number): number[] {
  const [query, key, value] = tf.split(qkv, 3, 1);
  const [q, k, v] = [turn(query, heads, turns), turn(key, heads, turns), value].map(
    (x) => x.arraySync() as number[][],
  );
  const rows: number[] = [];
  for (let text = 0; text < batchSize; text++)
    for (let i = 0; i < length; i++)
      for (let head = 0; head < heads; head++) {
        const weights = Array.from({ length }, (_, j) => {
          if (Math.abs(i - j) > reach || (text === 1 && j >= length - last)) return 0;
          let score = 0;
          for (let w = head * width; w < (head + 1) * width; w++)
            score += q[text * length + i][w] * k[text * length + j][w];
          return Math.exp(score / Math.sqrt(width));
        });
        const sum = weights.reduce((a, b) => a + b);
        for (let w = head * width; w < (head + 1) * width; w++)
          rows.push(weights.reduce((y, weight, j) => y + (weight / sum) * v[text * length + j][w], 0));
      }
  return rows;
}

onEveryEngine("rotaryAttention", () => {
  // Below, at and beyond the lengths where the text is cut into blocks, whose last one is whole or not.
  for (const [length, reach] of [
    [5, 2],
    [6, 2],
    [7, 2],
    [8, 2],
    [13, 3],
    [5, 1],
    [4, 0],
    [4, 9],
  ])
    it(`lets each of ${length} tokens see those at most ${reach} places away, and the first alone the same`, () => {
      const qkv = qkvFor(length);
      const turns = rotaryTurns(length, width, 100);
      tf.tidy(() => {
        const pass = new Pass();
        // A token whose window is hidden whole sees something undefined: only padding does.
        const mask = maskFor(length, 1);
        const options = { batchSize, heads, mask, dropout: 0.5, reach };
        const of = (firstOnly: boolean) =>
          pass.reading(firstOnly, () => rotaryAttention(pass, pass.input(qkv.value), turns, options)).tensor;
        const expected = byDefinition(qkv.value, turns, length, reach, 1);
        const seen = (2 * length - (reach === 0 ? 1 : 0)) * hidden;
        assertClose(of(false).dataSync().slice(0, seen), expected.slice(0, seen), 1e-5);
        const first = [0, length].flatMap((row) => expected.slice(row * hidden, (row + 1) * hidden));
        assertClose(of(true), first, 1e-5);
      });
      dispose(turns, qkv);
    });

  it("lets each token see all where there is no reach", () => {
    const qkv = qkvFor(4);
    const turns = rotaryTurns(4, width, 100);
    tf.tidy(() => {
      const pass = new Pass();
      const options = { batchSize, heads, mask: maskFor(4, 1), dropout: 0 };
      const of = (reach?: number) =>
        rotaryAttention(pass, pass.input(qkv.value), turns, { ...options, reach }).tensor;
      assertClose(of(), of(3), 0);
      assertClose(of(), byDefinition(qkv.value, turns, 4, 4, 1), 1e-5);
    });
    dispose(turns, qkv);
  });

  for (const [length, dropout, firstOnly] of [
    [5, 0, false],
    [5, 0.4, false],
    [8, 0, false],
    [8, 0.4, false],
    [8, 0.4, true],
  ] as const)
    it(`passes back gradients to ${firstOnly ? "what the first sees" : "all"} of ${length} tokens, with dropout ${dropout}`, () => {
      const qkv = qkvFor(length);
      const turns = rotaryTurns(length, width, 100);
      const mask = maskFor(length, 1);
      checkGradients([qkv], (pass, qkv) =>
        pass.reading(firstOnly, () =>
          rotaryAttention(pass, qkv, turns, { batchSize, heads, mask, dropout, reach: 2 }),
        ),
      );
      dispose(turns, qkv);
      mask.dispose();
    });

  it("keeps weights in proportion to a text's length, not to its square", () => {
    const kept = (length: number) => {
      const qkv = qkvFor(length);
      const turns = rotaryTurns(length, width, 100);
      const mask = maskFor(length, 0);
      const pass = new Pass({ recording: true });
      const before = tf.memory().numBytes;
      const y = pass.scope("op", () =>
        rotaryAttention(pass, leaf(pass, qkv), turns, { batchSize, heads, mask, dropout: 0, reach: 4 }),
      );
      const bytes = tf.memory().numBytes - before;
      pass.dispose();
      y.tensor.dispose();
      mask.dispose();
      dispose(turns, qkv);
      return bytes;
    };
    const [short, long] = [kept(32), kept(128)];
    assert.ok(long <= 4 * short, `${short} bytes for 32 tokens, ${long} for 128`);
  });

  it("turns each pair of features by its position times its frequency, and back again", () => {
    tf.tidy(() => {
      const x = tf.tensor2d([1, 2, 0, 0, 1, 2, 0, 0, 1, 2, 0, 0], [3, 4]);
      const turns = rotaryTurns(3, 4, 100);
      const row = (p: number) => [Math.cos(p), 2 * Math.cos(p / 10), Math.sin(p), 2 * Math.sin(p / 10)];
      const y = turn(x, 1, turns);
      assertClose(y, [row(0), row(1), row(2)].flat(), 1e-6);
      assertClose(turn(y, 1, turns, true), x.dataSync(), 1e-6);
    });
  });

  it("makes products of turned rows depend on the distance alone", () => {
    const [q, k] = [drawn("q", [1, 8]), drawn("k", [1, 8])];
    tf.tidy(() => {
      const turns = rotaryTurns(40, 8, 10000);
      const [a, b] = [q, k].map(({ value }) => turn(tf.tile(value, [40, 1]), 1, turns));
      const products = tf.matMul(a, b, false, true).arraySync() as number[][];
      assertClose([products[9][2], products[39][32]], [products[7][0], products[7][0]], 1e-4);
    });
    for (const source of [q, k]) source.dispose();
  });
});
