import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import { matMul } from "../ops/matMul/matMul";
import { product } from "../ops/products/products";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A change of low rank to a dense layer's weight (Hu et al. 2021): W + scale · B A. */
export interface Lora {
  /** [rank, in] */
  a: Parameter;
  /** [out, rank] */
  b: Parameter;
  /** [out]: with DoRA (Liu et al. 2024) each row of the changed weight is as long as this says. */
  magnitude?: Parameter;
  /** alpha / rank, or alpha / √rank where `rankStabilized`. */
  scale: number;
  /** Whether the scale is rsLoRA's (Kalajdzievski 2023). */
  rankStabilized: boolean;
  /** Rate in front of A. */
  dropout: number;
  /** Whether the change is in the weight already, so that only the weight is to be read. */
  merged: boolean;
  /** While DoRA is merged, what its rows were multiplied by: [out, 1]. */
  factor?: tf.Tensor;
}

/** A dense layer that carries such a change. */
interface Adapted {
  weight: Parameter;
  bias?: Parameter;
  lora: Lora;
}

export const adapterParameters = ({ a, b, magnitude }: Lora): Parameter[] =>
  magnitude ? [a, b, magnitude] : [a, b];

/** Whether a layer's adapter is to be computed beside it. Throws where one that is merged would have to learn. */
export function isApart(pass: Pass, lora: Lora | undefined): lora is Lora {
  if (!lora?.merged) return lora !== undefined;
  if (adapterParameters(lora).some((parameter) => pass.tracks(parameter)))
    throw new FrostError(
      `${lora.a.name} is merged into its weight and cannot learn there; unmergeLora(model) before training`,
    );
  return false;
}

/**
 * What a layer with its adapter gives, from what it gives without, `y` = x Wᵀ + bias: y + scale · (dropped Aᵀ) Bᵀ, or DoRA's. `dropped` is x,
 * or what dropout has left of it.
 */
export function addAdapter(pass: Pass, y: Value, x: Value, dropped: Value, layer: Adapted): Value {
  const { magnitude } = layer.lora;
  return magnitude
    ? addDora(pass, y, dropped, layer, magnitude, x === dropped)
    : addLowRank(pass, y, dropped, layer.lora);
}

function addLowRank(pass: Pass, y: Value, x: Value, { a, b, scale }: Lora): Value {
  const [sum, inner] = tf.tidy(() => {
    const inner = matMul(x.tensor, a.value, false, true);
    return [tf.add(y.tensor, tf.mul(matMul(inner, b.value, false, true), scale)), inner];
  });
  const value = pass.record({
    output: sum,
    inputs: { y, x, a, b },
    saved: (wanted) => ({ x: wanted.a ? x.tensor : null, inner: wanted.b ? inner : null }),
    backward(dy, saved, wanted) {
      const scaled = tf.mul(dy, scale);
      const dInner = wanted.x || wanted.a ? matMul(scaled, b.value) : null;
      return {
        y: wanted.y ? dy.clone() : null,
        x: wanted.x ? matMul(dInner!, a.value) : null,
        a: wanted.a ? matMul(dInner!, saved.x!, true, false) : null,
        b: wanted.b ? matMul(scaled, saved.inner!, true, false) : null,
      };
    },
  });
  inner.dispose();
  return value;
}

/**
 * y + (g - 1) ⊙ x Wᵀ + g ⊙ scale · x Aᵀ Bᵀ, where g is the magnitude over the lengths of the rows of W + scale · B A, which count as constants
 * (Liu et al. 2024, section 4.3). Where y was made from this very x, x Wᵀ is y without its bias.
 */
function addDora(
  pass: Pass,
  y: Value,
  x: Value,
  { weight, bias, lora }: Adapted,
  magnitude: Parameter,
  isSame: boolean,
): Value {
  const { a, b, scale } = lora;
  const [sum, inner, direction, share, lengths] = tf.tidy(() => {
    const inner = matMul(x.tensor, a.value, false, true);
    const unbiased = () => (bias ? tf.sub(y.tensor, bias.value) : y.tensor);
    const base = isSame ? unbiased() : product({ a: x.tensor, b: weight.value, transposeB: true });
    const direction = tf.add(base, tf.mul(matMul(inner, b.value, false, true), scale));
    const lengths = rowLengths(changed(weight, lora));
    const share = tf.div(magnitude.value, lengths);
    return [tf.add(y.tensor, tf.sub(tf.mul(direction, share), base)), inner, direction, share, lengths];
  });
  const value = pass.record({
    output: sum,
    inputs: { y, x, a, b, magnitude, ...(isSame ? { bias } : { weight }) },
    saved: (wanted: Record<string, boolean>): Record<string, tf.Tensor | null> => ({
      share,
      x: wanted.a || wanted.weight ? x.tensor : null,
      inner: wanted.b ? inner : null,
      ...(wanted.magnitude ? { direction, lengths } : { direction: null, lengths: null }),
    }),
    backward(dy, saved, wanted: Record<string, boolean>): Record<string, tf.Tensor | null> {
      const shared = tf.mul(dy, saved.share!);
      const scaled = tf.mul(shared, scale);
      const dInner = wanted.x || wanted.a ? matMul(scaled, b.value) : null;
      const ofBase = tf.sub(shared, dy);
      const ofX = () => {
        const low = matMul(dInner!, a.value);
        return isSame ? low : tf.add(low, product({ a: ofBase, b: weight.value }));
      };
      return {
        y: wanted.y ? (isSame ? shared : dy.clone()) : null,
        x: wanted.x ? ofX() : null,
        a: wanted.a ? matMul(dInner!, saved.x!, true, false) : null,
        b: wanted.b ? matMul(scaled, saved.inner!, true, false) : null,
        magnitude: wanted.magnitude ? tf.div(tf.sum(tf.mul(dy, saved.direction!), 0), saved.lengths!) : null,
        weight: wanted.weight ? matMul(ofBase, saved.x!, true, false) : null,
        bias: wanted.bias ? tf.neg(tf.sum(ofBase, 0)) : null,
      };
    },
  });
  tf.dispose([inner, direction, share, lengths]);
  return value;
}

/** The Euclidean length of each row: [out, in] → [out]. */
export const rowLengths = (weight: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.sqrt(tf.sum(tf.square(weight), 1)));

/** W + scale · B A, [out, in]. */
const changed = (weight: Parameter, { a, b, scale }: Lora): tf.Tensor =>
  tf.add(weight.value, tf.mul(matMul(b.value, a.value), scale));

/** The weight with its change in it, [out, in]. The caller disposes it. */
export function mergedWeight(weight: Parameter, lora: Lora): tf.Tensor {
  return tf.tidy(() => {
    const sum = changed(weight, lora);
    return lora.magnitude ? tf.mul(sum, shareOf(sum, lora.magnitude)) : sum;
  });
}

/** What DoRA multiplies each row of the changed weight by, [out, 1]. */
const shareOf = (sum: tf.Tensor, magnitude: Parameter): tf.Tensor =>
  tf.expandDims(tf.div(magnitude.value, rowLengths(sum)), 1);

/** Adds the change to the weight itself. */
export function mergeChange({ weight, lora }: Adapted): void {
  const { magnitude } = lora;
  if (magnitude) lora.factor = tf.keep(tf.tidy(() => shareOf(changed(weight, lora), magnitude)));
  weight.assign(mergedWeight(weight, lora));
  lora.merged = true;
}

/** Takes it out again. */
export function unmergeChange({ weight, lora }: Adapted): void {
  const { a, b, scale, factor } = lora;
  weight.assign(
    tf.tidy(() => {
      const sum = factor ? tf.div(weight.value, factor) : weight.value;
      return tf.sub(sum, tf.mul(matMul(b.value, a.value), scale));
    }),
  );
  forget(lora);
  lora.merged = false;
}

/** Frees what is kept of a merge. */
export function forget(lora: Lora): void {
  lora.factor?.dispose();
  lora.factor = undefined;
}
