import type * as tf from "@tensorflow/tfjs-core";
import { isFused } from "../ops/defineOp";
import { postNormLayer } from "../ops/postNormLayer/postNormLayer";
import { PARTS, postNormLayerGradients } from "../ops/postNormLayer/postNormLayerGradients";
import type { Pass, Value } from "./Pass";
import type { PostNormOptions, PostNormParts } from "./postNormLayer";

const DENSE = ["query", "key", "value", "attended", "intermediate", "output"] as const;

/**
 * What `postNormLayer` gives for every row, by one kernel: in eval mode, or where all of the layer learns. `null` where no kernel takes
 * it, and where a part of the layer is frozen: its ops one by one save and compute less then.
 */
export function wholePostNormLayer(
  pass: Pass,
  x: Value,
  mask: tf.Tensor,
  parts: PostNormParts,
  { heads, activation, dropout }: PostNormOptions,
): Value | null {
  if (!pass.fuses || pass.firstRows || DENSE.some((name) => parts[name].lora)) return null;
  const parameters = PARTS.flatMap((name) => [parts[name].weight, parts[name].bias]);
  const learning = parameters.filter((parameter) => pass.tracks(parameter)).length;
  const saves = pass.training || pass.tracks(x) || learning > 0;
  if (saves && learning < parameters.length) return null;
  const layer = { heads, activation, ...parts };
  const none = { weights: null, attended: null, output: null };
  const given = { x: x.tensor, mask, layer, drops: none, saves };
  if (!isFused(postNormLayer, given)) return null;
  const drops = {
    weights: pass.drawDropout(dropout.weights),
    attended: pass.drawDropout(dropout.attended),
    output: pass.drawDropout(dropout.output),
  };
  const { y, saved } = postNormLayer({ ...given, drops });
  const batchSize = mask.shape[0];
  const names = PARTS.flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  const output = pass.record({
    output: y,
    inputs: { x, ...Object.fromEntries(parameters.map((parameter, i) => [names[i], parameter])) },
    saved: () => ({ x: x.tensor, saved }),
    backward(dy, { x, saved }, wanted) {
      const made = postNormLayerGradients({ dy, x, batchSize, saved: saved!, layer, drops, wanted });
      return { x: made.x, ...Object.fromEntries(made.parameters.map((gradient, i) => [names[i], gradient])) };
    },
  });
  saved?.dispose();
  return output;
}
