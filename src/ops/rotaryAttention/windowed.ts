import * as tf from "@tensorflow/tfjs-core";
import { fixed } from "../../engine/recorder/recording";
import { type Attended, merge, sizes, split } from "../attention/attention";
import type { AttentionGradientInputs, AttentionGradients } from "../attention/attentionGradients";
import { dropped } from "../dropoutMask/dropoutMask";
import { matMul } from "../matMul/matMul";

/** How texts are cut: into blocks of queries, each with as many `keys`, of which the first are `margin` places in front of them. */
export interface Cut {
  block: number;
  margin: number;
  keys: number;
}

/**
 * `attention` of each token to those at most `reach` places away (Beltagy et al. 2020). Long texts are cut, so that time and memory grow
 * with their length alone. `weights` are [batch, heads, queries, cut.keys].
 */
export function windowed(
  inputs: Attended & { mask: tf.Tensor },
  reach: number,
  cut: Cut,
): { output: tf.Tensor; weights: tf.Tensor } {
  const { queries, keys, scale } = sizes(inputs);
  const { batchSize, heads, drop } = inputs;
  const [query, key, value] = [inputs.query, inputs.key, inputs.value].map((x) => split(x, inputs));
  const q = cutQueries(query, cut);
  const [k, v] = [key, value].map((x) => cutKeys(x, queries, cut));
  const scores = tf.reshape(tf.mul(matMul(q, k, false, true), scale), [batchSize, heads, -1, cut.keys]);
  const mask = windowMask(tf.reshape(inputs.mask, [batchSize, 1, keys, 1]), queries, cut, reach);
  const weights = firstOf(tf.softmax(tf.add(scores, mask)), queries);
  const used = cutQueries(dropped(weights, drop), cut);
  return { output: uncutQueries(matMul(used, v), inputs, queries), weights };
}

/** The gradients of query, key and value. */
export function windowedGradients(
  inputs: Omit<AttentionGradientInputs, "wanted">,
  cut: Cut,
): AttentionGradients {
  const { queries, keys, scale } = sizes(inputs);
  const { drop } = inputs;
  const [query, key, value, ofContext] = [inputs.query, inputs.key, inputs.value, inputs.dy].map((x) =>
    split(x, inputs),
  );
  const gather = (x: tf.Tensor) => merge(uncutKeys(x, inputs, queries, keys, cut));
  const dContext = cutQueries(ofContext, cut);
  const ofUsed = matMul(dContext, cutKeys(value, queries, cut), false, true);
  const { weights } = inputs;
  const ofWeights = dropped(
    firstOf(tf.reshape(ofUsed, [...weights.shape.slice(0, 2), -1, cut.keys]), queries),
    drop,
  );
  const inner = tf.sum(tf.mul(ofWeights, weights), -1, true);
  const ofScores = cutQueries(tf.mul(tf.mul(weights, tf.sub(ofWeights, inner)), scale), cut);
  return {
    query: uncutQueries(matMul(ofScores, cutKeys(key, queries, cut)), inputs, queries),
    key: gather(matMul(ofScores, cutQueries(query, cut), true, false)),
    value: gather(matMul(cutQueries(dropped(weights, drop), cut), dContext, true, false)),
  };
}

const blocksOf = (queries: number, { block }: Cut) => Math.ceil(queries / block);

/** The first `rows` of each head's: [batch, heads, n, width] → [batch, heads, rows, width] */
function firstOf(x: tf.Tensor, rows: number): tf.Tensor {
  const [batch, heads, n, width] = x.shape as number[];
  return n === rows ? x : tf.slice(x, [0, 0, 0, 0], [batch, heads, rows, width]);
}

/** [batch, heads, queries, width] → [batch · heads · blocks, block, width] */
function cutQueries(x: tf.Tensor, cut: Cut): tf.Tensor {
  const queries = x.shape[2]!;
  const whole = padRows(x, 0, blocksOf(queries, cut) * cut.block - queries);
  return tf.reshape(whole, [-1, cut.block, x.shape[3]!]);
}

/** The backward of `cutQueries`, with heads put side by side again. */
const uncutQueries = (x: tf.Tensor, { batchSize, heads }: Attended, queries: number): tf.Tensor =>
  merge(firstOf(tf.reshape(x, [batchSize, heads, -1, x.shape[2]!]), queries));

/** [batch, heads, keys, width] → [batch · heads · blocks, cut.keys, width] */
function cutKeys(x: tf.Tensor, queries: number, cut: Cut): tf.Tensor {
  const [batch, heads, keys, width] = x.shape as number[];
  const { block, margin } = cut;
  if (margin === 0) return tf.reshape(x, [-1, keys, width]);
  const whole = blocksOf(queries, cut) * block;
  const padded = padRows(x, margin, whole - keys + margin);
  const parts = [0, 1, 2].map((part) =>
    tf.reshape(tf.slice(padded, [0, 0, part * block, 0], [batch, heads, whole, width]), [-1, block, width]),
  );
  return tf.concat(parts, 1);
}

/** The backward of `cutKeys`: each key gets what it got in each of its blocks. */
function uncutKeys(
  x: tf.Tensor,
  { batchSize, heads }: Attended,
  queries: number,
  keys: number,
  cut: Cut,
): tf.Tensor {
  const [all, , width] = x.shape as number[];
  const { block, margin } = cut;
  if (margin === 0) return tf.reshape(x, [batchSize, heads, keys, width]);
  const whole = blocksOf(queries, cut) * block;
  const parts = [0, 1, 2].map((part) => {
    const own = tf.slice(x, [0, part * block, 0], [all, block, width]);
    return padRows(tf.reshape(own, [batchSize, heads, whole, width]), part * block, (2 - part) * block);
  });
  return tf.slice(tf.addN(parts), [0, 0, margin, 0], [batchSize, heads, keys, width]);
}

const MASKED = -1e9;

/** What is added to the scores [batch, heads, blocks · block, cut.keys] of keys out of reach, and of those that `mask` [batch, 1, keys, 1] hides. */
function windowMask(mask: tf.Tensor, queries: number, cut: Cut, reach: number): tf.Tensor {
  const { block, margin, keys } = cut;
  const band = Float32Array.from({ length: block * keys }, (_, i) =>
    Math.abs((i % keys) - margin - Math.floor(i / keys)) <= reach ? 0 : MASKED,
  );
  const ofKeys = tf.add(
    cutKeys(tf.sub(mask, MASKED), queries, cut),
    MASKED, // also what lies beyond the text's ends
  );
  const batch = mask.shape[0];
  const both = tf.add(
    tf.reshape(ofKeys, [batch, -1, 1, keys]),
    fixed(tf.tensor4d(band, [1, 1, block, keys])),
  );
  return tf.reshape(both, [batch, 1, -1, keys]);
}

const padRows = (x: tf.Tensor, before: number, after: number): tf.Tensor =>
  before + after === 0
    ? x
    : tf.pad(x, [
        [0, 0],
        [0, 0],
        [before, after],
        [0, 0],
      ]);
