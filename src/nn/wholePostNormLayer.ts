import type * as tf from "@tensorflow/tfjs-core";
import {
  postNormLayer,
  postNormLayerGradients,
  postNormLayerRefuses,
  postNormLayerTraining,
} from "../ops/postNormLayer/postNormLayer";
import type { Pass, Value } from "./Pass";
import type { PostNormOptions, PostNormParts } from "./postNormLayer";

/**
 * What `postNormLayer` gives for every row, by one kernel: in eval mode, or where all of the layer learns. `null` where the engine
 * has none or it would not pay, and where a part of the layer is frozen: its ops one by one save and compute less then.
 */
export function wholePostNormLayer(
  pass: Pass,
  x: Value,
  mask: tf.Tensor,
  parts: PostNormParts,
  { heads, activation, dropout }: PostNormOptions,
): Value | null {
  if (!pass.fuses || pass.firstRows || parts.query.lora || parts.value.lora) return null;
  const layer = { heads, activation, ...parts };
  const names = Object.keys(parts) as Name[];
  const parameters = byName(names, (name, kind) => parts[name][kind]);
  const wanted = Object.values(parameters).map((parameter) => pass.tracks(parameter));
  const inert = !pass.training && !pass.tracks(x) && !wanted.includes(true);
  if (!inert && wanted.includes(false)) return null;
  if (postNormLayerRefuses(x.tensor, mask, layer) !== null) return null;
  if (inert) return pass.input(postNormLayer(x.tensor, mask, layer));
  const drops = {
    weights: pass.drawDropout(dropout.weights),
    attended: pass.drawDropout(dropout.attended),
    output: pass.drawDropout(dropout.output),
  };
  const { y, saved } = postNormLayerTraining(x.tensor, mask, layer, drops);
  const batchSize = mask.shape[0];
  const output = pass.record({
    output: y,
    inputs: { x, ...parameters },
    saved: () => ({ x: x.tensor, saved }),
    backward(dy, { x, saved }, wanted) {
      const made = postNormLayerGradients(dy, x, batchSize, saved, layer, drops, wanted.x);
      return { x: made.x, ...byName(names, (name, kind) => made[name][kind]) };
    },
  });
  saved.dispose();
  return output;
}

type Name = keyof PostNormParts;

/** "query.weight", "query.bias", … */
const byName = <Type>(
  names: Name[],
  get: (name: Name, kind: "weight" | "bias") => Type,
): Record<string, Type> =>
  Object.fromEntries(
    names.flatMap((name) => [
      [`${name}.weight`, get(name, "weight")],
      [`${name}.bias`, get(name, "bias")],
    ]),
  );
