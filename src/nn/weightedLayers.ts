import * as tf from "@tensorflow/tfjs-core";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/**
 * The sum of layers side by side, the last one first, weighted by the softmax of `weights` [layers], which are in the order in which the
 * layers run (Peters et al. 2018): [rows, layers · width] → [rows, width].
 */
export function weightedLayers(pass: Pass, x: Value, weights: Parameter): Value {
  const layers = weights.shape[0];
  const apart = [x.tensor.shape[0], layers, x.tensor.shape[1]! / layers];
  const shares = tf.tidy(() => tf.reshape(tf.reverse(tf.softmax(weights.value)), [1, layers, 1]));
  const value = pass.record({
    op: "weightedLayers",
    settings: { layers, width: apart[2] },
    output: tf.tidy(() => tf.sum(tf.mul(tf.reshape(x.tensor, apart), shares), 1)),
    inputs: { x, weights },
    saved: (wanted) => ({ shares, x: wanted.weights ? x.tensor : null }),
    backward(dy, { shares, x }, wanted) {
      const spread = tf.expandDims(dy, 1);
      const ofWeights = () => {
        const slopes = tf.sum(tf.mul(tf.reshape(x!, apart), spread), [0, 2]);
        const own = tf.reshape(shares, [layers]);
        return tf.reverse(tf.mul(own, tf.sub(slopes, tf.sum(tf.mul(slopes, own)))));
      };
      return {
        x: wanted.x ? tf.reshape(tf.mul(spread, shares), [apart[0], layers * apart[2]]) : null,
        weights: wanted.weights ? ofWeights() : null,
      };
    },
  });
  shares.dispose();
  return value;
}
