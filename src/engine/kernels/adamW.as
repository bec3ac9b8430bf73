import { load4, store4 } from "./lanes";

/** One update of AdamW over `size` elements, in one pass: as adamWUpdate.ts composes it. */
export function adamW(
  size: usize,
  value: usize,
  mean: usize,
  square: usize,
  gradient: usize,
  newValue: usize,
  newMean: usize,
  newSquare: usize,
  keep: f32,
  stepSize: f32,
  rootScale: f32,
  eps: f32,
  meanDecay: f32,
  meanGain: f32,
  squareDecay: f32,
  squareGain: f32,
  gradientScale: f32,
): void {
  for (let i: usize = 0; i < size; i += 4) {
    const at = i << 2;
    const left = size - i;
    const g = f32x4.mul(load4(gradient + at, left), f32x4.splat(gradientScale));
    const m = f32x4.add(
      f32x4.mul(load4(mean + at, left), f32x4.splat(meanDecay)),
      f32x4.mul(g, f32x4.splat(meanGain)),
    );
    const v = f32x4.add(
      f32x4.mul(load4(square + at, left), f32x4.splat(squareDecay)),
      f32x4.mul(f32x4.mul(g, g), f32x4.splat(squareGain)),
    );
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(rootScale)), f32x4.splat(eps));
    const move = f32x4.div(f32x4.mul(m, f32x4.splat(stepSize)), root);
    store4(newMean + at, m, left);
    store4(newSquare + at, v, left);
    store4(newValue + at, f32x4.sub(f32x4.mul(load4(value + at, left), f32x4.splat(keep)), move), left);
  }
}
