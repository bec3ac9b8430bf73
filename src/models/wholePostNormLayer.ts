import type { Pass, Value } from "../nn/Pass";
import {
  postNormLayer,
  postNormLayerGradients,
  postNormLayerRefuses,
  postNormLayerTraining,
} from "../ops/postNormLayer/postNormLayer";
import type { PostNormOptions, PostNormParts } from "./postNormLayer";
import type { TextInputs } from "./textInputs";

/**
 * What `postNormLayer` gives for every row, made by one kernel: in eval mode, or where all of the layer learns. `null` where the engine
 * has none or it would not pay, and where a part of the layer is frozen: then its ops know best what not to keep and not to compute.
 */
export function wholePostNormLayer(
  pass: Pass,
  { batchSize, mask }: TextInputs,
  x: Value,
  parts: PostNormParts,
  options: PostNormOptions,
): Value | null {
  if (!pass.fuses || parts.query.lora || parts.value.lora) return null;
  const { heads, activation, dropout } = options;
  const layer = { heads, activation, ...parts };
  const names = Object.keys(parts) as (keyof PostNormParts)[];
  const parameters = names.flatMap((name) => [parts[name].weight, parts[name].bias]);
  const inert = !pass.training && ![x, ...parameters].some((source) => pass.tracks(source));
  if (!inert && !parameters.every((parameter) => pass.tracks(parameter))) return null;
  if (postNormLayerRefuses(x.tensor, mask, layer) !== null) return null;
  if (inert) return pass.input(postNormLayer(x.tensor, mask, layer));
  const drops = {
    weights: pass.drawDropout(dropout.weights),
    attended: pass.drawDropout(dropout.attended),
    output: pass.drawDropout(dropout.output),
  };
  const { y, saved } = postNormLayerTraining(x.tensor, mask, layer, drops);
  const inputs = names.flatMap((name) => [
    [`${name}.weight`, parts[name].weight],
    [`${name}.bias`, parts[name].bias],
  ]);
  const output = pass.record({
    output: y,
    inputs: { x, ...Object.fromEntries(inputs) },
    saved: () => ({ input: x.tensor, saved }),
    backward(dy, { input, saved }) {
      const made = postNormLayerGradients(dy, input, batchSize, saved, layer, drops, pass.tracks(x));
      const gradients = names.flatMap((name) => [
        [`${name}.weight`, made[name].weight],
        [`${name}.bias`, made[name].bias],
      ]);
      return { x: made.x, ...Object.fromEntries(gradients) };
    },
  });
  saved.dispose();
  return output;
}
