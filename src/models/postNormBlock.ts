import { type PostNormOptions, type PostNormParts, postNormLayer } from "../nn/postNormLayer";
import type { Stage } from "../nn/Stage";
import { parametersOf } from "./takeParts";
import type { TextInputs } from "./textInputs";

/** A block of one layer, or of several that run in turn; of the `last` block only the [CLS] rows may be asked for. */
export function postNormBlock(
  name: string,
  layers: PostNormParts[],
  options: PostNormOptions,
  last: boolean,
): Stage<TextInputs> {
  return {
    name,
    get parameters() {
      return layers.flatMap(parametersOf);
    },
    adaptable: layers.flatMap(({ query, value }) => [query, value]),
    forward: (pass, inputs, x) =>
      layers.reduce((input, layer, i) => {
        const firstOnly = last && !inputs.everyRow && i === layers.length - 1;
        return postNormLayer(pass, inputs, input, layer, options, firstOnly);
      }, x!),
  };
}
