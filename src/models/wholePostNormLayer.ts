import { layerNormGradients } from "../engine/layerNorm";
import { postNormLayer, postNormLayerTraining } from "../engine/postNormLayer";
import { type LinearBack, linearGradients } from "../nn/linear";
import type { Pass, Value } from "../nn/Pass";
import { selfAttentionGradients } from "../nn/selfAttention";
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
  const { attended, attendedNorm, widen, narrow, norm } = parts;
  if (!pass.fuses || parts.query.lora || parts.value.lora) return null;
  const { heads, activation, dropout } = options;
  const layer = { heads, activation, ...parts };
  // In the order of their gradients below, in whatever order a family names the parts.
  const all = [parts.query, parts.key, parts.value, attended, attendedNorm, widen, narrow, norm];
  const parameters = all.flatMap(({ weight, bias }) => [weight, bias]);
  if (!pass.training && ![x, ...parameters].some((source) => pass.tracks(source))) {
    const y = postNormLayer(x.tensor, mask, layer);
    return y && pass.input(y);
  }
  if (!parameters.every((parameter) => pass.tracks(parameter))) return null;
  const made = postNormLayerTraining(x.tensor, mask, layer, () => ({
    weights: pass.drawDropout(dropout.weights),
    attended: pass.drawDropout(dropout.attended),
    output: pass.drawDropout(dropout.output),
  }));
  if (!made) return null;
  const { y, saved, drops } = made;
  const { query, key, value, weights, context, inner, innerNormal, innerScale, wide, normal, scale } = saved;
  const tensors = [query, key, value, weights, context, inner, innerNormal, innerScale, wide, normal, scale];
  const output = pass.record(
    y,
    [x, ...parameters],
    () => [x.tensor, ...tensors],
    (
      dy,
      [input, query, key, value, weights, context, inner, innerNormal, innerScale, wide, normal, scale],
    ) => {
      const whole = { x: true, residual: true, weight: true, bias: true };
      const back = (each: LinearBack) => linearGradients(pass, [each])[0];

      const upper = layerNormGradients(dy, { normal, scale }, norm.weight.value, drops.output, whole);
      const [ofWide, ...ofNarrow] = back({
        dy: upper.x!,
        dense: narrow,
        toInput: { a: upper.x!, b: narrow.weight.value, slope: { f: activation, x: wide } },
        input: () => ({ b: wide, activationB: activation }),
      });
      upper.x!.dispose();
      const [ofInner, ...ofWiden] = back({
        dy: ofWide!,
        dense: widen,
        toInput: { a: ofWide!, b: widen.weight.value, add: upper.residual },
        input: () => ({ b: inner }),
      });
      for (const done of [ofWide, upper.residual]) done!.dispose();
      const normed = { normal: innerNormal, scale: innerScale };
      const wanted = { ...whole, residual: pass.tracks(x) };
      const lower = layerNormGradients(ofInner!, normed, attendedNorm.weight.value, drops.attended, wanted);
      ofInner!.dispose();
      const [ofContext, ...ofAttended] = back({
        dy: lower.x!,
        dense: attended,
        toInput: { a: lower.x!, b: attended.weight.value },
        input: () => ({ b: context }),
      });
      lower.x!.dispose();
      const attention = { query, key, value, weights, batchSize, heads, drop: drops.weights };
      const dense = [parts.query, parts.key, parts.value];
      const ofAttention = selfAttentionGradients(
        pass,
        ofContext!,
        attention,
        { x, input, dense },
        () => lower.residual,
      );
      for (const done of [ofContext, lower.residual]) done?.dispose();
      return [
        ...ofAttention,
        ...ofAttended,
        ...[lower.weight, lower.bias],
        ...ofWiden,
        ...ofNarrow,
        ...[upper.weight, upper.bias],
      ];
    },
  );
  for (const tensor of tensors) tensor.dispose();
  return output;
}
