import { type AttentionOptions, attention } from "../nn/attention";
import { firstRows } from "../nn/embedding";
import { firstRowAttention } from "../nn/firstRowAttention";
import { type Norm, residualNorm } from "../nn/layerNorm";
import { type Linear, linear } from "../nn/linear";
import { type Adaptable, loraLinear } from "../nn/loraLinear";
import type { Pass, Value } from "../nn/Pass";
import { selfAttention } from "../nn/selfAttention";
import type { Activation } from "../ops/activations/activations";
import type { TextInputs } from "./textInputs";
import { wholePostNormLayer } from "./wholePostNormLayer";

/** The parameters of one layer, in the order they run. */
export type PostNormParts = {
  query: Adaptable;
  key: Required<Linear>;
  value: Adaptable;
  attended: Required<Linear>;
  attendedNorm: Required<Norm>;
  widen: Required<Linear>;
  narrow: Required<Linear>;
  norm: Required<Norm>;
};

export interface PostNormOptions {
  heads: number;
  /** Between `widen` and `narrow`. */
  activation: Activation;
  /** Rates: of attention weights, of what attention puts out, of what the feed-forward part puts out. */
  dropout: { weights: number; attended: number; output: number };
}

/**
 * An encoder layer as in Vaswani et al. 2017: attention, then a feed-forward part, each added to its input and normed after.
 * [batch · seq, hidden] → the same, or [batch, hidden] with `firstOnly`, when nothing but the [CLS] rows will be read: they
 * look at all rows, and need nothing else of the others.
 */
export function postNormLayer(
  pass: Pass,
  inputs: TextInputs,
  x: Value,
  parts: PostNormParts,
  options: PostNormOptions,
  firstOnly: boolean,
): Value {
  const { batchSize, mask } = inputs;
  const { heads, activation, dropout: rates } = options;
  const whole = firstOnly ? null : wholePostNormLayer(pass, inputs, x, parts, options);
  if (whole) return whole;
  const rows = firstOnly ? firstRows(pass, x, batchSize) : x;
  const attended = { batchSize, heads, mask, dropout: rates.weights };
  const context = firstOnly
    ? firstRowContext(pass, rows, x, parts, attended)
    : everyRowContext(pass, x, parts, attended);
  const h = residualNorm(
    pass,
    linear(pass, context, parts.attended),
    rates.attended,
    rows,
    parts.attendedNorm,
  );
  const wide = linear(pass, h, parts.widen);
  return residualNorm(pass, linear(pass, wide, parts.narrow, activation), rates.output, h, parts.norm);
}

function everyRowContext(pass: Pass, x: Value, parts: PostNormParts, options: AttentionOptions): Value {
  const { query, key, value } = parts;
  if (!query.lora && !value.lora) return selfAttention(pass, x, { query, key, value }, options);
  return attention(
    pass,
    loraLinear(pass, x, query),
    linear(pass, x, key),
    loraLinear(pass, x, value),
    options,
  );
}

function firstRowContext(
  pass: Pass,
  first: Value,
  x: Value,
  { query, key, value }: PostNormParts,
  options: AttentionOptions,
): Value {
  const own = loraLinear(pass, first, query);
  if (!value.lora) return firstRowAttention(pass, own, x, key, value, options);
  return attention(pass, own, linear(pass, x, key), loraLinear(pass, x, value), options);
}
