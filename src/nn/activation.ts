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

/** The activation of that name, as Transformers names them (ACT2FN in activations.py); `where` is what names it, for errors. */
export function activation(name: string, where = "activation"): Activation {
  if (WITH_WEIGHTS.includes(name))
    throw new InputError(
      `${where}: ${name} has weights of its own, which are not supported; expected one of ${Object.keys(ACTIVATIONS).join(", ")}`,
    );
  if (!Object.hasOwn(ACTIVATIONS, name))
    throw new InputError(`${where}: expected one of ${Object.keys(ACTIVATIONS).join(", ")}, got ${name}`);
  return ACTIVATIONS[name];
}
