import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/**
 * An op whose backward is tfjs's own: `f` of a value, of parameters and of constants. Saves the value alone and runs `f` once more in
 * backward, under tfjs's tape; so `f` has to do the same both times.
 */
export function byAutodiff(
  pass: Pass,
  x: Value,
  parameters: Parameter[],
  constants: tf.Tensor[],
  f: (x: tf.Tensor, parameters: tf.Tensor[], constants: tf.Tensor[]) => tf.Tensor,
): Value {
  const values = () => parameters.map(({ value }) => value);
  const sources = [x, ...parameters];
  return pass.record(
    tf.tidy(() => f(x.tensor, values(), constants)),
    sources,
    () => [x.tensor, ...constants],
    (dy, [x, ...constants]) => {
      const all = [x, ...values()];
      const wanted = all.flatMap((_, i) => (pass.tracks(sources[i]) ? i : []));
      const again = (...given: tf.Tensor[]) => {
        const [x, ...parameters] = all.map((tensor, i) => given[wanted.indexOf(i)] ?? tensor);
        return f(x, parameters, constants);
      };
      let gradients: tf.Tensor[];
      try {
        gradients = tf.grads(again)(
          wanted.map((i) => all[i]),
          dy,
        );
      } catch (error) {
        const names = parameters.map(({ name }) => name).join(", ");
        throw new FrostError(`the gradient of ${names} by tfjs: ${(error as Error).message}`);
      }
      return all.map((_, i) => gradients[wanted.indexOf(i)] ?? null);
    },
  );
}
