import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../ops/activations/activations";
import { type Product, product, products } from "../ops/products/products";
import { activate } from "./activate";
import { add, dropout } from "./elementwise";
import { addAdapter, isApart, type Lora } from "./lora";
import { matchingRows } from "./matchingRows";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A dense layer's parameters: `weight` [out, in], as PyTorch keeps it, and `bias` [out], where it has one. */
export interface Linear {
  weight: Parameter;
  bias?: Parameter;
}

/** A dense layer that may carry an adapter. */
export interface Adaptable extends Linear {
  lora?: Lora;
}

/** One that carries one. */
export interface Adapted extends Adaptable {
  lora: Lora;
}

/** One with a bias. */
export type BiasedAdaptable = Required<Linear> & Adaptable;

/**
 * f(x) Wᵀ + b: [rows, in] → [rows, out], as `torch.nn.functional.linear`; without `f` of x itself. It saves x and computes f(x) again in
 * backward, so that the widest activation of a block is held once, not twice; but where f(x) is dropped out at `rate`.
 */
export function linear(pass: Pass, x: Value, layer: Adaptable, f?: Activation, rate = 0): Value {
  const { weight, bias, lora } = layer;
  if (!isApart(pass, lora)) return dense(pass, x, layer, f, rate, null);
  const input = f ? dropout(pass, activate(pass, x, f), rate) : x;
  const y = dense(pass, input, layer, undefined, 0, null);
  return addAdapter(pass, y, input, dropout(pass, input, lora.dropout), { weight, bias, lora });
}

/**
 * residual + dropout(linear(x)), the end of each half of a pre-norm block; `rates` of the dropout, and of that in front of W. Where
 * nothing is dropped behind it the product adds the residual itself.
 */
export function residualLinear(
  pass: Pass,
  x: Value,
  layer: Adaptable,
  residual: Value,
  rates: { behind?: number; before?: number },
  f?: Activation,
): Value {
  const { behind = 0, before = 0 } = rates;
  if ((behind > 0 && pass.training) || isApart(pass, layer.lora))
    return add(pass, residual, dropout(pass, linear(pass, x, layer, f, before), behind));
  const [input, rest] = matchingRows(pass, x, residual);
  return dense(pass, input, layer, f, before, rest);
}

function dense(
  pass: Pass,
  x: Value,
  layer: Linear,
  f: Activation | undefined,
  rate: number,
  residual: Value | null,
): Value {
  if (f && rate > 0 && pass.training)
    return dense(pass, dropout(pass, activate(pass, x, f), rate), layer, undefined, 0, residual);
  const { weight, bias } = layer;
  return pass.record({
    op: "linear",
    settings: { f },
    output: product({
      a: x.tensor,
      activationA: f,
      b: weight.value,
      transposeB: true,
      bias: bias?.value,
      add: residual?.tensor,
    }),
    inputs: { x, weight, bias, residual },
    saved: (wanted) => ({ x: wanted.weight || (f && wanted.x) ? x.tensor : null }),
    backward(dy, saved, wanted, gathered) {
      const input = saved.x!;
      const slope = f && { f, x: input };
      const toInput = wanted.x ? { a: dy, b: weight.value, slope, add: gathered("x") } : null;
      const [made] = linearGradients([{ dy, wanted, toInput, input: () => ({ b: input, activationB: f }) }]);
      return { ...made, residual: wanted.residual ? dy.clone() : null };
    },
  });
}

/** A dense layer in backward. */
export interface LinearBackward {
  /** The gradient of the output. */
  dy: tf.Tensor;
  wanted: { weight: boolean; bias: boolean };
  /** Gives the gradient of the input, where it is wanted. */
  toInput: Product | null;
  /** What the weight was multiplied by; asked for only where the weight learns. */
  input: () => Pick<Product, "b" | "activationB">;
}

/** The gradients of input, weight and bias of each layer, those that are wanted; `into` counts the products to inputs. */
export function linearGradients(
  layers: LinearBackward[],
): Record<"x" | "weight" | "bias", tf.Tensor | null>[] {
  const toInputs = layers.flatMap(({ toInput }) => toInput ?? []);
  const toWeights = layers.flatMap(({ dy, wanted, input }) =>
    wanted.weight ? [{ a: dy, transposeA: true, ...input(), rowSums: wanted.bias }] : [],
  );
  const made = products([...toInputs, ...toWeights]);
  const ofInputs = made.splice(0, toInputs.length);
  return layers.map(({ dy, wanted, toInput }) => {
    const x = toInput ? ofInputs.shift()!.y : null;
    if (!wanted.weight) return { x, weight: null, bias: wanted.bias ? tf.sum(dy, 0) : null };
    const { y, sums } = made.shift()!;
    return { x, weight: y, bias: sums };
  });
}
