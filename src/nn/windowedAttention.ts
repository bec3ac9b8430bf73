import * as tf from "@tensorflow/tfjs-core";
import { dropped } from "../ops/dropoutMask/dropoutMask";
import { matMul } from "../ops/matMul/matMul";
import type { AttentionOptions } from "./attention";
import { mergeHeads, softmaxGradient, splitHeads } from "./heads";
import type { Pass, Value } from "./Pass";

/**
 * `attention` of each token to those at most `reach` places away (Beltagy et al. 2020), from `query` to `key` and `value`, all
 * [batch · n, hidden]: gives [batch · n, hidden]. Long texts are cut into runs of `reach` queries, each with the keys of its own run and
 * the two beside it, so that time and memory grow with n alone. Exported, it computes all scores and masks those out of reach.
 */
export function windowedAttention(
  pass: Pass,
  query: Value,
  key: Value,
  value: Value,
  { batchSize, heads, mask, dropout, reach }: Required<AttentionOptions>,
): Value {
  const length = query.tensor.shape[0] / batchSize;
  const cut = cutting(length, reach);
  const hidden = query.tensor.shape[1]!;
  const scale = 1 / Math.sqrt(hidden / heads);
  const split = (x: tf.Tensor) => splitHeads(x, batchSize, heads);
  const merge = (x: tf.Tensor) => mergeHeads(uncutQueries(x, cut, batchSize, heads));
  const shape = [heads * batchSize * cut.runs, cut.queries, cut.keys];
  const drops = pass.drawDropout(dropout);
  const attended = { query: query.tensor, key: key.tensor, value: value.tensor };
  const [output, weights] = tf.tidy(() => {
    const q = cutQueries(split(attended.query), cut);
    const [k, v] = [attended.key, attended.value].map((x) => cutKeys(split(x), cut));
    const scores = tf.reshape(tf.mul(matMul(q, k, false, true), scale), [
      heads,
      batchSize * cut.runs,
      cut.queries,
      cut.keys,
    ]);
    const weights = tf.reshape(tf.softmax(tf.add(scores, windowMask(mask, cut, batchSize, reach))), shape);
    return [merge(matMul(dropped(weights, drops), v)), weights];
  });
  const y = pass.record({
    op: "attention",
    settings: { hidden, heads, reach },
    output,
    inputs: { query, key, value, mask },
    saved: () => ({ ...attended, weights }),
    backward(dy, { query, key, value, weights }, wanted) {
      const gather = (x: tf.Tensor) => mergeHeads(uncutKeys(x, cut, batchSize, heads));
      const dContext = cutQueries(split(dy), cut);
      const dValue = wanted.value ? gather(matMul(dropped(weights, drops), dContext, true, false)) : null;
      if (!wanted.query && !wanted.key) return { value: dValue };
      const dUsed = matMul(dContext, cutKeys(split(value), cut), false, true);
      const dScores = tf.mul(softmaxGradient(dropped(dUsed, drops), weights), scale);
      return {
        query: wanted.query ? merge(matMul(dScores, cutKeys(split(key), cut))) : null,
        key: wanted.key ? gather(matMul(dScores, cutQueries(split(query), cut), true, false)) : null,
        value: dValue,
      };
    },
  });
  weights.dispose();
  return y;
}

/** How a text of `length` tokens is cut: `runs` of `queries`, each with `keys` of which the first are `margin` places in front. */
interface Cut {
  length: number;
  runs: number;
  queries: number;
  margin: number;
  keys: number;
}

function cutting(length: number, reach: number): Cut {
  // With fewer than four runs the whole square is no larger than the runs together.
  if (length <= 3 * reach || reach === 0)
    return { length, runs: 1, queries: length, margin: 0, keys: length };
  return { length, runs: Math.ceil(length / reach), queries: reach, margin: reach, keys: 3 * reach };
}

/** [heads, batch, n, width] → [heads · batch · runs, queries, width] */
function cutQueries(x: tf.Tensor, { length, runs, queries }: Cut): tf.Tensor {
  const whole = padRows(x, 0, runs * queries - length);
  return tf.reshape(whole, [-1, queries, x.shape[3]!]);
}

/** The backward of `cutQueries`. */
function uncutQueries(x: tf.Tensor, { length, runs, queries }: Cut, batch: number, heads: number): tf.Tensor {
  const width = x.shape[2]!;
  return tf.slice(
    tf.reshape(x, [heads, batch, runs * queries, width]),
    [0, 0, 0, 0],
    [heads, batch, length, width],
  );
}

/** [heads, batch, n, width] → [heads · batch · runs, keys, width] */
function cutKeys(x: tf.Tensor, { length, runs, queries, margin }: Cut): tf.Tensor {
  const [heads, batch, , width] = x.shape as number[];
  if (margin === 0) return tf.reshape(x, [heads * batch, length, width]);
  const padded = padRows(x, margin, runs * queries - length + margin);
  const parts = [0, 1, 2].map((part) =>
    tf.reshape(tf.slice(padded, [0, 0, part * queries, 0], [heads, batch, runs * queries, width]), [
      -1,
      queries,
      width,
    ]),
  );
  return tf.concat(parts, 1);
}

/** The gradient of `cutKeys`: each key gets what it got in each of its runs. */
function uncutKeys(
  x: tf.Tensor,
  { length, runs, queries, margin }: Cut,
  batch: number,
  heads: number,
): tf.Tensor {
  const [all, , width] = x.shape as number[];
  if (margin === 0) return tf.reshape(x, [heads, batch, length, width]);
  const parts = [0, 1, 2].map((part) => {
    const own = tf.slice(x, [0, part * queries, 0], [all, queries, width]);
    return padRows(
      tf.reshape(own, [heads, batch, runs * queries, width]),
      part * queries,
      (2 - part) * queries,
    );
  });
  return tf.slice(tf.addN(parts), [0, 0, margin, 0], [heads, batch, length, width]);
}

const MASKED = -1e9;

/** What is added to the scores [heads, batch · runs, queries, keys] of keys out of reach, and of those that `mask` hides. */
function windowMask(mask: tf.Tensor, cut: Cut, batch: number, reach: number): tf.Tensor {
  const { length, runs, queries, margin, keys } = cut;
  const band = Float32Array.from({ length: queries * keys }, (_, i) =>
    Math.abs((i % keys) - margin - Math.floor(i / keys)) <= reach ? 0 : MASKED,
  );
  const ofKeys = tf.add(
    cutKeys(tf.reshape(tf.sub(mask, MASKED), [1, batch, length, 1]), cut),
    MASKED, // also what lies beyond the text's ends
  );
  return tf.add(tf.reshape(ofKeys, [1, batch * runs, 1, keys]), tf.tensor4d(band, [1, 1, queries, keys]));
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
