import type { Activation } from "../ops/activations/activations";
import type { Pass, Value } from "./Pass";

/** f(x), element by element. In front of a dense layer `linear` takes f itself, which saves less. */
export function activate(pass: Pass, x: Value, f: Activation): Value {
  return pass.record({
    op: "activate",
    settings: { f },
    output: f.forward(x.tensor),
    inputs: { x },
    saved: () => ({ x: x.tensor }),
    backward: (dy, { x }) => ({ x: f.gradient(dy, x) }),
  });
}
