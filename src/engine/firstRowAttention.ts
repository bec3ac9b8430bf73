import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import { type Dropout, dropoutMask, seedOf } from "./dropoutMask";
import { matMul } from "./matMul";
import { nativeKernels } from "./nativeKernels";

/** One query of each text, the rows it looks at, and the dense layers that would make keys and values of them. */
export interface FirstRowAttended {
  /** [batch, heads · width] */
  query: tf.Tensor;
  /** [batch · keys, hidden] */
  x: tf.Tensor;
  /** [heads · width, hidden] */
  keyWeight: tf.Tensor;
  /** [heads · width, hidden] */
  valueWeight: tf.Tensor;
  /** [heads · width] */
  valueBias: tf.Tensor;
  heads: number;
  /** Which weights are dropped after the softmax. */
  drop?: Dropout | null;
}

/** What the way back reads of the way forward, and needs for the values' gradients alone. */
export interface FirstRowSaved {
  /** Softmaxed, before dropout: [batch, heads, keys]. */
  weights: tf.Tensor;
  /** The rows, summed up by their weights: [batch, heads, hidden]. */
  pooled: tf.Tensor;
}

/** What it reads besides for a gradient that comes through the scores: of queries, of rows or of the keys' weight. */
export interface FirstRowScored {
  /** The queries taken through the keys' weight, and scaled: [batch, heads, hidden]. */
  turned: tf.Tensor;
  /** As they went in. */
  query: tf.Tensor;
  x: tf.Tensor;
}

type Made = FirstRowSaved & { output: tf.Tensor; turned: tf.Tensor };

/**
 * drop(softmax(query · keyᵀ / √width + mask)) · value as `scaledDotProductAttention` gives it, where key = x · keyWeightᵀ + a bias and
 * value = x · valueWeightᵀ + valueBias are never made: query · (x Wᵀ)ᵀ is (query W) · xᵀ, and the sum of the rows' values is the value of
 * their sum. The keys' bias adds the same to all scores of a query, and so changes nothing. `mask` is [batch, 1, 1, keys].
 */
export function firstRowAttention(attended: FirstRowAttended, mask: tf.Tensor): Made {
  const { query, x, keyWeight, valueWeight, valueBias, heads, drop } = attended;
  const { batch, keys, width, scale } = sizes(attended);
  if (mask.size !== batch * keys)
    throw new FrostError(
      `attention: expected a mask of shape [${batch}, 1, 1, ${keys}], got [${mask.shape}]`,
    );
  const native = nativeKernels();
  if (native) {
    const inputs = [query, x, keyWeight, valueWeight, valueBias, mask, seedOf(drop)];
    const [output, weights, turned, pooled] = native.run(
      "FirstRowAttention",
      { heads, ...settings(drop, scale) },
      inputs,
      4,
    );
    return { output: output!, weights: weights!, turned: turned!, pooled: pooled! };
  }
  const made: Partial<Made> = {};
  tf.tidy(() => {
    const rows = tf.reshape(x, [batch, keys, -1]);
    const turned = byText(matMul(byHead(query, heads), split(keyWeight, heads)));
    made.turned = tf.mul(turned, scale);
    const scores = tf.add(matMul(made.turned, rows, false, true), tf.reshape(mask, [batch, 1, keys]));
    made.weights = tf.softmax(scores);
    const used = dropped(made.weights, drop);
    made.pooled = matMul(used, rows);
    const values = matMul(byHead(made.pooled, heads), split(valueWeight, heads), false, true);
    const biases = tf.mul(tf.sum(used, -1, true), tf.reshape(valueBias, [1, heads, width]));
    made.output = tf.reshape(tf.add(byText(values), biases), query.shape);
    return Object.values(made);
  });
  return made as Made;
}

/** Which gradients are wanted. */
export interface FirstRowWanted {
  query: boolean;
  x: boolean;
  keyWeight: boolean;
  valueWeight: boolean;
  valueBias: boolean;
}

/**
 * The gradients of what `firstRowAttention` read from that of its output, `dy` [batch, heads · width]: those that are not wanted are
 * missing. `add`, where there is one, is added to that of x. Where a gradient through the scores is wanted, `scored` has to be there.
 */
export function firstRowAttentionGradients(
  dy: tf.Tensor,
  { keyWeight, valueWeight, valueBias, heads, drop }: Omit<FirstRowAttended, "query" | "x">,
  { weights, pooled }: FirstRowSaved,
  scored: FirstRowScored | null,
  wanted: FirstRowWanted,
  add: tf.Tensor | null = null,
): { [Name in keyof FirstRowWanted]: tf.Tensor | null } {
  const [batch, , keys] = weights.shape;
  const width = dy.shape[1]! / heads;
  const scale = 1 / Math.sqrt(width);
  const native = nativeKernels();
  if (native) {
    const attributes = {
      heads,
      ...settings(drop, scale),
      of_query: wanted.query,
      of_x: wanted.x,
      of_key_weight: wanted.keyWeight,
      of_value_weight: wanted.valueWeight,
      of_value_bias: wanted.valueBias,
    };
    const inputs = [
      ...[dy, weights, pooled, scored?.turned ?? null, scored?.query ?? null, scored?.x ?? null],
      ...[keyWeight, valueWeight, valueBias, add],
      seedOf(drop),
    ];
    const [ofQuery, ofX, ofKeyWeight, ofValueWeight, ofValueBias] = native.run(
      "FirstRowAttentionGrad",
      attributes,
      inputs,
      5,
    );
    return {
      query: ofQuery,
      x: ofX,
      keyWeight: ofKeyWeight,
      valueWeight: ofValueWeight,
      valueBias: ofValueBias,
    };
  }
  const made = { query: null, x: null, keyWeight: null, valueWeight: null, valueBias: null } as {
    [Name in keyof FirstRowWanted]: tf.Tensor | null;
  };
  tf.tidy(() => {
    const used = dropped(weights, drop);
    const ofValues = byHead(dy, heads);
    if (wanted.valueWeight)
      made.valueWeight = tf.reshape(matMul(ofValues, byHead(pooled, heads), true, false), valueWeight.shape);
    if (wanted.valueBias)
      made.valueBias = tf.reshape(
        tf.sum(tf.mul(tf.reshape(dy, [batch, heads, width]), tf.sum(used, -1, true)), 0),
        valueBias.shape,
      );
    if (scored && (wanted.x || wanted.query || wanted.keyWeight)) {
      const { turned, query, x } = scored;
      const rows = tf.reshape(x, [batch, keys, -1]);
      const ofPooled = byText(matMul(ofValues, split(valueWeight, heads)));
      const ofTotal = tf.sum(tf.reshape(tf.mul(dy, valueBias), [batch, heads, width]), -1, true);
      const ofUsed = tf.add(matMul(ofPooled, rows, false, true), ofTotal);
      const ofWeights = dropped(ofUsed, drop);
      const inner = tf.sum(tf.mul(ofWeights, weights), -1, true);
      const ofScores = tf.mul(weights, tf.sub(ofWeights, inner));
      if (wanted.x) {
        const ofRows = tf.add(matMul(used, ofPooled, true, false), matMul(ofScores, turned, true, false));
        const flat = tf.reshape(ofRows, x.shape);
        made.x = add ? tf.add(flat, add) : flat;
      }
      const ofTurned = tf.mul(matMul(ofScores, rows), scale);
      if (wanted.keyWeight)
        made.keyWeight = tf.reshape(
          matMul(byHead(query, heads), byHead(ofTurned, heads), true, false),
          keyWeight.shape,
        );
      if (wanted.query)
        made.query = tf.reshape(
          byText(matMul(byHead(ofTurned, heads), split(keyWeight, heads), false, true)),
          query.shape,
        );
    }
    return Object.values(made).filter((tensor) => tensor !== null);
  });
  return made;
}

const settings = (drop: Dropout | null | undefined, scale: number) => ({
  scale: { float: scale },
  rate: { float: drop?.rate ?? 0 },
});

const dropped = (weights: tf.Tensor, drop: Dropout | null | undefined) =>
  drop ? tf.mul(weights, dropoutMask(weights.shape, drop)) : weights;

function sizes({ query, x, heads }: FirstRowAttended) {
  const batch = query.shape[0];
  const [keys, width] = [x.shape[0] / batch, query.shape[1]! / heads];
  if (!Number.isInteger(keys) || !Number.isInteger(width))
    throw new FrostError(
      `attention: expected ${batch} texts and ${heads} heads to divide [${query.shape}] and [${x.shape}], got ${keys} keys of width ${width}`,
    );
  return { batch, keys, width, scale: 1 / Math.sqrt(width) };
}

/** [heads · n, hidden] → [heads, n, hidden] */
const split = (weight: tf.Tensor, heads: number) => tf.reshape(weight, [heads, -1, weight.shape[1]!]);

/** [batch, heads · n], or [batch, heads, n] → [heads, batch, n] */
const byHead = (x: tf.Tensor, heads: number) =>
  tf.transpose(tf.reshape(x, [x.shape[0], heads, -1]), [1, 0, 2]);

/** [heads, batch, n] → [batch, heads, n] */
const byText = (x: tf.Tensor) => tf.transpose(x, [1, 0, 2]);
