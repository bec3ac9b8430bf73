import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask } from "../ops/dropoutMask/dropoutMask";
import type { Pass, Value } from "./Pass";

/**
 * The mean of so many dropouts of `x`. In front of a dense layer this is multi-sample dropout (Inoue 2019): the mean of the logits of
 * all samples is what the layer makes of their mean.
 */
export function multiSampleDropout(pass: Pass, x: Value, rate: number, samples: number): Value {
  if (!pass.training || rate === 0) return x;
  const seeds = Array.from({ length: samples }, () => pass.drawSeed());
  const dropped = (x: tf.Tensor) =>
    tf.tidy(() =>
      tf.mul(x, tf.div(tf.addN(seeds.map((seed) => dropoutMask(x.shape, { rate, seed }))), samples)),
    );
  return pass.record({ output: dropped(x.tensor), inputs: { x }, backward: (dy) => ({ x: dropped(dy) }) });
}
