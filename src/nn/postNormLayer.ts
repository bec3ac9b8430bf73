import type { Activation } from "../ops/activations/activations";
import type { AttentionOptions } from "./attention";
import { type Norm, residualNorm } from "./layerNorm";
import { type BiasedAdaptable, linear } from "./linear";
import { multiHeadAttention, type QueryKeyValue } from "./multiHeadAttention";
import type { Pass, Value } from "./Pass";
import { wholePostNormLayer } from "./wholePostNormLayer";

/** The parameters of one layer. */
export type PostNormParts = QueryKeyValue & {
  attended: BiasedAdaptable;
  attendedNorm: Required<Norm>;
  /** The feed-forward part's two layers. */
  intermediate: BiasedAdaptable;
  output: BiasedAdaptable;
  norm: Required<Norm>;
};

export interface PostNormOptions {
  heads: number;
  /** Between `intermediate` and `output`. */
  activation: Activation;
  /** Rates: of attention weights, of what attention puts out, of what the feed-forward part puts out. */
  dropout: { weights: number; attended: number; output: number };
}

/**
 * An encoder layer as in Vaswani et al. 2017: attention, then a feed-forward part, each added to its input and normed after.
 * [batch · seq, hidden] → the same, of the rows that will be read.
 */
export function postNormLayer(
  pass: Pass,
  { batchSize, mask }: Pick<AttentionOptions, "batchSize" | "mask">,
  x: Value,
  parts: PostNormParts,
  options: PostNormOptions,
): Value {
  const whole = wholePostNormLayer(pass, x, mask, parts, options);
  if (whole) return whole;
  const { heads, activation, dropout: rates } = options;
  const context = multiHeadAttention(pass, x, parts, { batchSize, heads, mask, dropout: rates.weights });
  const attended = linear(pass, context, parts.attended);
  const h = residualNorm(pass, attended, rates.attended, x, parts.attendedNorm);
  const inner = linear(pass, h, parts.intermediate);
  return residualNorm(pass, linear(pass, inner, parts.output, activation), rates.output, h, parts.norm);
}
