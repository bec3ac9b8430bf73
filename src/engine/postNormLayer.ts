import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "./activation";
import { precision } from "./autocast";
import { multiplyingKernels } from "./product";

/** An encoder layer: how many heads it has, what stands between `widen` and `narrow`, and the layers in the order they run. */
export interface PostNormLayer {
  heads: number;
  activation: Activation;
  query: Weights;
  key: Weights;
  value: Weights;
  attended: Weights;
  attendedNorm: Weights & { eps: number };
  widen: Weights;
  narrow: Weights;
  norm: Weights & { eps: number };
}

/** Of a dense layer [out, in] and [out], or of a norm, [width] each. */
interface Weights {
  weight: { value: tf.Tensor };
  bias: { value: tf.Tensor };
}

/** Weights beyond this many numbers do not stay in the caches between one text and the next. */
const FITTING = 1 << 21;

/**
 * A whole encoder layer of post-norm kind (Vaswani et al. 2017) as in eval mode, [batch · seq, hidden] → the same; `mask`
 * [batch, 1, 1, seq] as in `scaledDotProductAttention`. One kernel that takes a few texts at a time through all of the layer, and gives
 * what the ops give one by one; `null` where there is none, or where it would not be faster: of large layers and of few texts.
 */
export function postNormLayer(x: tf.Tensor, mask: tf.Tensor, layer: PostNormLayer): tf.Tensor | null {
  const native = multiplyingKernels();
  const { heads, activation, query, key, value, attended, attendedNorm, widen, narrow, norm } = layer;
  const [batch] = mask.shape;
  if (!native || batch < 2 * availableParallelism()) return null;
  const hidden = x.shape[1]!;
  const products = [query, key, value, attended, widen, narrow];
  const weights = products.map(({ weight }) => weight.value);
  const square = weights.slice(0, 4).every(({ shape }) => tf.util.arraysEqual(shape, [hidden, hidden]));
  const size = weights.reduce((sum, { size }) => sum + size, 0);
  if (!square || size > FITTING || mask.size !== x.shape[0]) return null;
  const attributes = {
    count: 16,
    heads,
    scale: { float: 1 / Math.sqrt(hidden / heads) },
    eps: { float: norm.eps },
    inner_eps: { float: attendedNorm.eps },
    activation: activation.code,
    bf16: precision() === "bf16",
  };
  const parameters = [
    ...weights,
    ...products.map(({ bias }) => bias.value),
    ...[attendedNorm, norm].flatMap(({ weight, bias }) => [weight.value, bias.value]),
  ];
  return native.run("PostNormLayer", attributes, [x, mask, ...parameters], 1)[0];
}
