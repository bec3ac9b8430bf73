import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../ops/activations/activations";
import { type Product, product, products } from "../ops/products/products";
import { activate } from "./activate";
import { dropout } from "./elementwise";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A dense layer's parameters: `weight` [out, in], as PyTorch keeps it, and `bias` [out], where it has one. */
export interface Linear {
  weight: Parameter;
  bias?: Parameter;
}

/**
 * f(x) Wᵀ + b: [rows, in] → [rows, out], as `torch.nn.functional.linear`; without `f` of x itself. It saves x and computes f(x) again in
 * backward, so that the widest activation of a block is held once, not twice; but where f(x) is dropped out at `rate`.
 */
export function linear(pass: Pass, x: Value, layer: Linear, f?: Activation, rate = 0): Value {
  if (f && rate > 0 && pass.training) return linear(pass, dropout(pass, activate(pass, x, f), rate), layer);
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
    }),
    inputs: { x, weight, bias },
    saved: (wanted) => ({ x: wanted.weight || (f && wanted.x) ? x.tensor : null }),
    backward(dy, saved, wanted, gathered) {
      const input = saved.x!;
      const slope = f && { f, x: input };
      const toInput = wanted.x ? { a: dy, b: weight.value, slope, add: gathered("x") } : null;
      return linearGradients([{ dy, wanted, toInput, input: () => ({ b: input, activationB: f }) }])[0];
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
