import * as tf from "@tensorflow/tfjs-core";
import { fixed } from "../engine/recorder/recording";
import { dropped } from "../ops/dropoutMask/dropoutMask";
import { matMul } from "../ops/matMul/matMul";
import { segmentSum } from "../ops/segmentSum/segmentSum";
import type { AttentionOptions } from "./attention";
import { mergeHeads, softmaxGradient, splitHeads } from "./heads";
import type { Pass, Value } from "./Pass";

/** What each relative position adds to the scores, as rows that `row` names: [rows, hidden]. */
export interface RelativePositions {
  /** Multiplied by the queries: content to position. */
  key?: Value;
  /** Multiplied by the keys: position to content. */
  query?: Value;
  /** The row that stands for a query so many places behind a key; negative where it is in front. */
  row: (distance: number) => number;
  /** The same among the rows for texts of any length, which an exported model has; `row` unless said otherwise. */
  wholeRow?: (distance: number) => number;
}

/**
 * Attention whose scores have parts for the relative position of query and key (DeBERTa; He et al. 2021, equation 4), from
 * `query` [batch · queries, hidden] to `key` and `value` [batch · keys, hidden]: gives [batch · queries, hidden]. The queries are
 * those of the first tokens, of all or of fewer. All scores are divided by √(width · parts), where DeBERTa counts as `parts` one
 * and each kind of relative score.
 */
export function disentangledAttention(
  pass: Pass,
  query: Value,
  key: Value,
  value: Value,
  positions: RelativePositions,
  { batchSize, heads, mask, dropout, parts }: AttentionOptions & { parts: number },
): Value {
  const [queries, keys] = [query, key].map(({ tensor }) => tensor.shape[0] / batchSize);
  const scale = 1 / Math.sqrt((query.tensor.shape[1]! / heads) * parts);
  const split = (x: tf.Tensor) => splitHeads(x, batchSize, heads);
  // The scores of one query differ from those of the next by a shift alone: row i, column j is distance i - j.
  const ofQueries = idsByShift(queries, keys, (shift) => positions.row(-shift));
  const ofKeys = idsByShift(keys, queries, positions.row);
  const drops = pass.drawDropout(dropout);
  const read = {
    query: query.tensor,
    key: key.tensor,
    value: value.tensor,
    positionKey: positions.key?.tensor,
    positionQuery: positions.query?.tensor,
  };
  const [output, weights] = tf.tidy(() => {
    const [q, k, v] = [read.query, read.key, read.value].map(split);
    let scores = matMul(q, k, false, true);
    if (read.positionKey)
      scores = tf.add(scores, shear(product(q, rows(read.positionKey, ofQueries, heads)), keys));
    if (read.positionQuery) {
      const byKey = shear(product(k, rows(read.positionQuery, ofKeys, heads)), queries);
      scores = tf.add(scores, tf.transpose(byKey, [0, 1, 3, 2]));
    }
    const masked = tf.add(tf.mul(scores, scale), tf.reshape(mask, [1, batchSize, 1, keys]));
    const weights = tf.softmax(masked);
    return [mergeHeads(matMul(dropped(weights, drops), v)), weights];
  });
  const { row, wholeRow = row } = positions;
  const y = pass.record({
    op: "disentangledAttention",
    settings: { hidden: query.tensor.shape[1]!, heads, parts, row: wholeRow },
    output,
    inputs: { query, key, value, positionKey: positions.key, positionQuery: positions.query, mask },
    saved: () => ({ ...read, weights }),
    backward(dy, { weights, positionKey, positionQuery, ...saved }, wanted) {
      const [q, k, v] = [saved.query, saved.key, saved.value].map(split);
      const dContext = split(dy);
      const dValue = wanted.value ? mergeHeads(matMul(dropped(weights, drops), dContext, true, false)) : null;
      if (!wanted.query && !wanted.key && !wanted.positionKey && !wanted.positionQuery)
        return { value: dValue };

      const dUsed = matMul(dContext, v, false, true);
      const dScores = tf.mul(softmaxGradient(dropped(dUsed, drops), weights), scale);
      let dq = wanted.query ? matMul(dScores, k) : null;
      let dk = wanted.key ? matMul(dScores, q, true, false) : null;
      let [ofPositionKey, ofPositionQuery]: (tf.Tensor | null)[] = [null, null];
      if (positionKey) {
        const dShifts = unshear(dScores);
        if (dq) dq = tf.add(dq, productGradient(dShifts, rows(positionKey, ofQueries, heads)));
        if (wanted.positionKey) ofPositionKey = rowsGradient(dShifts, q, ofQueries, positionKey.shape[0]);
      }
      if (positionQuery) {
        const dShifts = unshear(tf.transpose(dScores, [0, 1, 3, 2]));
        if (dk) dk = tf.add(dk, productGradient(dShifts, rows(positionQuery, ofKeys, heads)));
        if (wanted.positionQuery) ofPositionQuery = rowsGradient(dShifts, k, ofKeys, positionQuery.shape[0]);
      }
      return {
        query: dq && mergeHeads(dq),
        key: dk && mergeHeads(dk),
        value: dValue,
        positionKey: ofPositionKey,
        positionQuery: ofPositionQuery,
      };
    },
  });
  weights.dispose();
  return y;
}

/** The table's rows for the shifts 1 - n … m - 1 of a column against its row; a last entry, which `shear` needs, is never read. */
const idsByShift = (n: number, m: number, row: (shift: number) => number): Int32Array =>
  Int32Array.from({ length: n + m }, (_, i) => row(i === n + m - 1 ? 0 : i - (n - 1)));

/** Rows of a table [entries, heads · width] as [heads, ids, width]. */
const rows = (table: tf.Tensor, ids: Int32Array, heads: number): tf.Tensor =>
  tf.transpose(
    tf.reshape(tf.gather(table, fixed(tf.tensor1d(ids, "int32"))), [
      ids.length,
      heads,
      table.shape[1]! / heads,
    ]),
    [1, 0, 2],
  );

/** [heads, batch, n, width] times [heads, shifts, width]: [heads, batch, n, shifts]. */
function product(x: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const [heads, batch, n, width] = x.shape as number[];
  const y = matMul(tf.reshape(x, [heads, batch * n, width]), rows, false, true);
  return tf.reshape(y, [heads, batch, n, rows.shape[1]!]);
}

function productGradient(dy: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const [heads, batch, n, shifts] = dy.shape as number[];
  const dx = matMul(tf.reshape(dy, [heads, batch * n, shifts]), rows);
  return tf.reshape(dx, [heads, batch, n, rows.shape[2]!]);
}

/** The gradient of the table itself: [entries, heads · width]. */
function rowsGradient(dy: tf.Tensor, x: tf.Tensor, ids: Int32Array, entries: number): tf.Tensor {
  const [heads, batch, n, width] = x.shape as number[];
  const flat = (t: tf.Tensor) => tf.reshape(t, [heads, batch * n, -1]);
  const perShift = tf.transpose(matMul(flat(dy), flat(x), true, false), [1, 0, 2]);
  const sums = tf.reshape(perShift, [ids.length, heads * width]);
  return segmentSum(sums, fixed(tf.tensor1d(ids, "int32")), entries);
}

/**
 * From the scores of n rows for each shift, [heads, batch, n, n + columns], to those for each column: row i has its column 0 at
 * place n - 1 - i. Rows that are read one element shorter than they were written each begin one element earlier (Dai et al. 2019,
 * appendix B).
 */
function shear(x: tf.Tensor, columns: number): tf.Tensor {
  const [heads, batch, n, shifts] = x.shape as number[];
  const all = heads * batch;
  const shorter = tf.slice(tf.reshape(x, [all, n * shifts]), [0, n - 1], [all, n * (shifts - 1)]);
  const sheared = tf.slice(tf.reshape(shorter, [all, n, shifts - 1]), [0, 0, 0], [all, n, columns]);
  return tf.reshape(sheared, [heads, batch, n, columns]);
}

/** The backward of `shear`: [heads, batch, n, columns] → [heads, batch, n, n + columns]. */
function unshear(dy: tf.Tensor): tf.Tensor {
  const [heads, batch, n, columns] = dy.shape as number[];
  const all = heads * batch;
  const shorter = tf.pad(tf.reshape(dy, [all, n, columns]), [
    [0, 0],
    [0, 0],
    [0, n - 1],
  ]);
  const flat = tf.pad(tf.reshape(shorter, [all, n * (n + columns - 1)]), [
    [0, 0],
    [n - 1, 1],
  ]);
  return tf.reshape(flat, [heads, batch, n, n + columns]);
}
