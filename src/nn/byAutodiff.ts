import * as tf from "@tensorflow/tfjs-core";
import { asksForeignCode } from "../engine/recorder/recording";
import { FrostError } from "../errors";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

type Named<Type> = Record<string, Type>;

/**
 * An op whose backward is tfjs's own: `f`, the user's own code, of a value, and by name of parameters and constants. Saves the value and the constants and runs
 * `f` once more in backward, under tfjs's tape; so `f` has to do the same both times.
 */
export function byAutodiff(
  pass: Pass,
  x: Value,
  parameters: Named<Parameter>,
  constants: Named<tf.Tensor>,
  f: (x: tf.Tensor, parameters: Named<tf.Tensor>, constants: Named<tf.Tensor>) => tf.Tensor,
): Value {
  asksForeignCode();
  const names = Object.keys(parameters);
  const values = () => names.map((name) => parameters[name].value);
  const named = (tensors: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
  // No parameter can have the name of x.
  const keys = names.map((name) => `parameter ${name}`);
  return pass.record({
    output: tf.tidy(() => f(x.tensor, named(values()), constants)),
    inputs: { x, ...Object.fromEntries(keys.map((key, i) => [key, parameters[names[i]]])) },
    saved: (): Named<tf.Tensor> => ({ ...constants, x: x.tensor }),
    backward(dy, { x, ...constants }, wanted: Named<boolean>) {
      const all = [x, ...values()];
      const places = ["x", ...keys].flatMap((key, i) => (wanted[key] ? i : []));
      const again = (...given: tf.Tensor[]) => {
        const [x, ...others] = all.map((tensor, i) => given[places.indexOf(i)] ?? tensor);
        return f(x, named(others), constants);
      };
      let gradients: tf.Tensor[];
      try {
        gradients = tf.grads(again)(
          places.map((i) => all[i]),
          dy,
        );
      } catch (error) {
        const told = names.map((name) => parameters[name].name).join(", ");
        throw new FrostError(`the gradient of ${told} by tfjs: ${(error as Error).message}`);
      }
      return Object.fromEntries(places.map((place, i) => [["x", ...keys][place], gradients[i]]));
    },
  });
}
