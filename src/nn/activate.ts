import type { Activation } from "./activation";
import type { Pass, Value } from "./Pass";

/** f(x), element by element. In front of a dense layer `activatedLinear` keeps less. */
export function activate(pass: Pass, x: Value, f: Activation): Value {
  return pass.record(
    f.forward(x.tensor),
    [x],
    () => [x.tensor],
    (dy, [x]) => [f.gradient(dy, x)],
  );
}
