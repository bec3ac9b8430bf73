import { InputError } from "../errors";
import { type Activation, activations } from "../ops/activations/activations";
import { clippedGelu, rareActivations } from "../ops/activations/rareActivations";

const { gelu, geluTanh, relu, silu } = activations;

const ACTIVATIONS: Record<string, Activation> = {
  gelu,
  gelu_python: gelu,
  gelu_10: clippedGelu(gelu),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_accurate: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  relu,
  silu,
  swish: silu,
  ...rareActivations,
};

/** Those of Transformers that have weights of their own. */
const WITH_WEIGHTS = ["prelu", "xielu"];

/** The activation that a config.json names in this field, as Transformers names them (ACT2FN in activations.py). */
export function activation(name: string, field = "hidden_act"): Activation {
  if (WITH_WEIGHTS.includes(name))
    throw new InputError(
      `${field}: ${name} has weights of its own, which are not supported; expected one of ${Object.keys(ACTIVATIONS).join(", ")}`,
    );
  if (!Object.hasOwn(ACTIVATIONS, name))
    throw new InputError(`${field}: expected one of ${Object.keys(ACTIVATIONS).join(", ")}, got ${name}`);
  return ACTIVATIONS[name];
}
