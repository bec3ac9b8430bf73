import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { attention } from "../../src/nn/attention";
import { disentangledAttention } from "../../src/nn/disentangledAttention";
import type { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { checkGradients, drawn } from "./numericalGradient";

const [batchSize, heads, keys, width] = [2, 2, 4, 3];
const hidden = heads * width;
/** Two places to each side have rows of their own, what is further shares the outermost. */
const row = (distance: number) => Math.min(Math.max(distance + 2, 0), 4);
const TABLE = 5;

const sourcesFor = (queries: number) => [
  drawn("query", [batchSize * queries, hidden], 0.7),
  drawn("key", [batchSize * keys, hidden], 0.7),
  drawn("value", [batchSize * keys, hidden]),
  drawn("positionKey", [TABLE, hidden], 0.7),
  drawn("positionQuery", [TABLE, hidden], 0.7),
];

const dispose = (sources: Parameter[]) => {
  for (const source of sources) source.dispose();
};

/** The definition, element by element: scores q·k + q·pk[row(i - j)] + k·pq[row(i - j)], divided by √(width · parts). */
function byDefinition(sources: Parameter[], queries: number, mask: number[], kinds: string): number[] {
  const [q, k, v, pk, pq] = sources.map((source) => source.value.arraySync() as number[][]);
  const dot = (a: number[], b: number[], head: number) => {
    let sum = 0;
    for (let w = head * width; w < (head + 1) * width; w++) sum += a[w] * b[w];
    return sum;
  };
  const parts = 1 + kinds.length;
  const rows: number[] = [];
  for (let text = 0; text < batchSize; text++)
    for (let i = 0; i < queries; i++)
      for (let head = 0; head < heads; head++) {
        const weights = Array.from({ length: keys }, (_, j) => {
          const [query, key] = [q[text * queries + i], k[text * keys + j]];
          const ofPosition = kinds.includes("c") ? dot(query, pk[row(i - j)], head) : 0;
          const toContent = kinds.includes("p") ? dot(key, pq[row(i - j)], head) : 0;
          const score = dot(query, key, head) + ofPosition + toContent;
          return Math.exp(score / Math.sqrt(width * parts)) * mask[text * keys + j];
        });
        const sum = weights.reduce((a, b) => a + b);
        for (let w = head * width; w < (head + 1) * width; w++)
          rows.push(weights.reduce((y, weight, j) => y + (weight / sum) * v[text * keys + j][w], 0));
      }
  return rows;
}

onEveryEngine("disentangledAttention", () => {
  for (const queries of [keys, 1])
    for (const kinds of ["cp", "c", "p", ""]) {
      const run = `${queries} queries and ${kinds.length} kinds of relative score (${kinds || "none"})`;

      it(`gives what its definition gives, with ${run}`, () => {
        const sources = sourcesFor(queries);
        const seen = [1, 1, 1, 1, 1, 1, 1, 0];
        tf.tidy(() => {
          const pass = new Pass();
          const [q, k, v, pk, pq] = sources.map(({ value }) => pass.input(value));
          const mask = tf.tensor4d(
            seen.map((x) => (x ? 0 : -1e9)),
            [batchSize, 1, 1, keys],
          );
          const y = disentangledAttention(
            pass,
            q,
            k,
            v,
            { key: kinds.includes("c") ? pk : undefined, query: kinds.includes("p") ? pq : undefined, row },
            { batchSize, heads, mask, dropout: 0.5, parts: 1 + kinds.length },
          );
          assertClose(y.tensor, byDefinition(sources, queries, seen, kinds), 1e-5);
        });
        dispose(sources);
      });
    }

  for (const queries of [keys, 1])
    for (const dropout of [0, 0.4])
      it(`passes back gradients of all it reads, with ${queries} queries and dropout ${dropout}`, () => {
        const sources = sourcesFor(queries);
        const mask = tf.tensor4d([0, 0, 0, 0, 0, 0, 0, -1e9], [batchSize, 1, 1, keys]);
        checkGradients(sources, (pass, q, k, v, key, query) =>
          disentangledAttention(
            pass,
            q,
            k,
            v,
            { key, query, row },
            { batchSize, heads, mask, dropout, parts: 3 },
          ),
        );
        dispose(sources);
        mask.dispose();
      });

  for (const kind of ["key", "query"] as const)
    it(`passes back gradients with relative positions of the ${kind} alone`, () => {
      const [q, k, v, table, other] = sourcesFor(keys);
      const mask = tf.zeros([batchSize, 1, 1, keys]);
      checkGradients([q, k, v, table], (pass, q, k, v, table) =>
        disentangledAttention(
          pass,
          q,
          k,
          v,
          { [kind]: table, row },
          { batchSize, heads, mask, dropout: 0, parts: 2 },
        ),
      );
      dispose([q, k, v, table, other]);
      mask.dispose();
    });

  it("is ordinary attention without relative positions", () => {
    const sources = sourcesFor(keys);
    tf.tidy(() => {
      const pass = new Pass();
      const [q, k, v] = sources.map(({ value }) => pass.input(value));
      const mask = tf.tensor4d([0, 0, 0, -1e9, 0, 0, 0, 0], [batchSize, 1, 1, keys]);
      const options = { batchSize, heads, mask, dropout: 0 };
      const y = disentangledAttention(pass, q, k, v, { row }, { ...options, parts: 1 });
      assertClose(y.tensor, attention(pass, q, k, v, options).tensor, 1e-5);
    });
    dispose(sources);
  });
});
