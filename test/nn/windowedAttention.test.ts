import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { attention } from "../../src/nn/attention";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn, leaf } from "./numericalGradient";

const [batchSize, heads, width] = [2, 2, 2];
const hidden = heads * width;

const sourcesFor = (length: number) =>
  ["query", "key", "value"].map((name) => drawn(name, [batchSize * length, hidden], 0.7));

const dispose = (...sources: Parameter[]) => {
  for (const source of sources) source.dispose();
};

/** Everything is seen but the last `hidden` tokens of the second text. */
const maskFor = (length: number, hidden: number) =>
  tf.tensor4d(
    Float32Array.from({ length: batchSize * length }, (_, i) => (i < 2 * length - hidden ? 0 : -1e9)),
    [batchSize, 1, 1, length],
  );

/** The definition, element by element. */
function byDefinition(sources: Parameter[], length: number, reach: number, last: number): number[] {
  const [q, k, v] = sources.map((source) => source.value.arraySync() as number[][]);
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

onEveryEngine("windowedAttention", () => {
  // Below, at and beyond the lengths where the text is cut into runs, whose last one is whole or not.
  for (const [length, reach] of [
    [5, 2],
    [6, 2],
    [7, 2],
    [8, 2],
    [13, 3],
    [5, 1],
    [4, 0],
  ])
    it(`lets each of ${length} tokens see those at most ${reach} places away`, () => {
      const sources = sourcesFor(length);
      tf.tidy(() => {
        const pass = new Pass();
        const [q, k, v] = sources.map(({ value }) => pass.input(value));
        // A token whose window is hidden whole sees something undefined: only padding does.
        const mask = maskFor(length, 1);
        const y = attention(pass, q, k, v, { batchSize, heads, mask, dropout: 0.5, reach });
        const seen = (2 * length - (reach === 0 ? 1 : 0)) * hidden;
        assertClose(
          y.tensor.dataSync().slice(0, seen),
          byDefinition(sources, length, reach, 1).slice(0, seen),
          1e-5,
        );
      });
      dispose(...sources);
    });

  it("is ordinary attention for a text no longer than the window", () => {
    const sources = sourcesFor(4);
    tf.tidy(() => {
      const pass = new Pass();
      const [q, k, v] = sources.map(({ value }) => pass.input(value));
      const options = { batchSize, heads, mask: maskFor(4, 1), dropout: 0 };
      const y = attention(pass, q, k, v, { ...options, reach: 3 });
      assertClose(y.tensor, attention(pass, q, k, v, options).tensor, 0);
    });
    dispose(...sources);
  });

  for (const [length, dropout] of [
    [5, 0],
    [5, 0.4],
    [8, 0],
    [8, 0.4],
  ])
    it(`passes back gradients of query, key and value for ${length} tokens, with dropout ${dropout}`, () => {
      const sources = sourcesFor(length);
      const mask = maskFor(length, 1);
      checkGradients(sources, (pass, q, k, v) =>
        attention(pass, q, k, v, { batchSize, heads, mask, dropout, reach: 2 }),
      );
      dispose(...sources);
      mask.dispose();
    });

  it("keeps weights in proportion to a text's length, not to its square", () => {
    const kept = (length: number) => {
      const sources = sourcesFor(length);
      const mask = maskFor(length, 0);
      const pass = new Pass({ recording: true });
      const before = tf.memory().numBytes;
      const y = pass.scope("op", () => {
        const [q, k, v] = sources.map((source) => leaf(pass, source));
        return attention(pass, q, k, v, { batchSize, heads, mask, dropout: 0, reach: 4 });
      });
      const bytes = tf.memory().numBytes - before;
      pass.dispose();
      y.tensor.dispose();
      mask.dispose();
      dispose(...sources);
      return bytes;
    };
    const [short, long] = [kept(32), kept(128)];
    assert.ok(long <= 4 * short, `${short} bytes for 32 tokens, ${long} for 128`);
  });
});
