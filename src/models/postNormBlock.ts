import { type PostNormOptions, type PostNormParts, postNormLayer } from "../nn/postNormLayer";
import type { Stage } from "../nn/Stage";
import { parametersOf } from "./takeParts";
import type { TextInputs } from "./textInputs";

/** A block of one layer, or of several that run in turn. */
export function postNormBlock(
  name: string,
  layers: PostNormParts[],
  options: PostNormOptions,
): Stage<TextInputs> {
  return {
    name,
    get parameters() {
      return layers.flatMap(parametersOf);
    },
    adaptable: layers.flatMap(({ query, key, value, attended, intermediate, output }) => [
      query,
      key,
      value,
      attended,
      intermediate,
      output,
    ]),
    forward: (pass, inputs, x) =>
      layers.reduce(
        (input, layer, i) =>
          pass.reading(pass.firstRows && i === layers.length - 1, () =>
            postNormLayer(pass, inputs, input, layer, options),
          ),
        x!,
      ),
  };
}
