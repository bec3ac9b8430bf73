import { load4, pad4, store4, total } from "./lanes";

/** normal = (x - mean) · scale and y = normal · weight + bias for each of `rows` rows, scale = 1 / √(variance + eps). */
export function layerNorm(
  rows: usize,
  width: usize,
  x: usize,
  weight: usize,
  bias: usize,
  eps: f32,
  y: usize,
  normal: usize,
  scale: usize,
): void {
  const bytes = width << 2;
  for (let row: usize = 0; row < rows; row++, x += bytes, y += bytes, normal += bytes, scale += 4) {
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < width; i += 4) sum = f32x4.add(sum, load4(x + (i << 2), width - i));
    const mean = total(sum) / <f32>width;
    let squares = f32x4.splat(0);
    for (let i: usize = 0; i < width; i += 4) {
      const centred = f32x4.sub(pad4(load4(x + (i << 2), width - i), mean, width - i), f32x4.splat(mean));
      squares = f32x4.add(squares, f32x4.mul(centred, centred));
    }
    const s = <f32>1 / sqrt<f32>(total(squares) / <f32>width + eps);
    store<f32>(scale, s);
    for (let i: usize = 0; i < width; i += 4) {
      const at = i << 2;
      const left = width - i;
      const n = f32x4.mul(f32x4.sub(load4(x + at, left), f32x4.splat(mean)), f32x4.splat(s));
      store4(normal + at, n, left);
      store4(y + at, f32x4.add(f32x4.mul(n, load4(weight + at, left)), load4(bias + at, left)), left);
    }
  }
}

/**
 * From dy, row by row: dx = scale · (d - mean d - normal · mean(d · normal)) with d = dy · weight; dWeight = Σ dy · normal and
 * dBias = Σ dy over the rows. Each of the three is left out where its pointer is 0.
 */
export function layerNormGradients(
  rows: usize,
  width: usize,
  dy: usize,
  normal: usize,
  scale: usize,
  weight: usize,
  dx: usize,
  dWeight: usize,
  dBias: usize,
): void {
  const bytes = width << 2;
  if (dWeight) memory.fill(dWeight, 0, bytes);
  if (dBias) memory.fill(dBias, 0, bytes);
  for (let row: usize = 0; row < rows; row++, dy += bytes) {
    if (dx) {
      inputGradient(width, dy, normal, load<f32>(scale), weight, dx);
      dx += bytes;
      scale += 4;
    }
    if (dBias)
      for (let i: usize = 0; i < width; i += 4) {
        const to = dBias + (i << 2);
        store4(to, f32x4.add(load4(to, width - i), load4(dy + (i << 2), width - i)), width - i);
      }
    if (dWeight)
      for (let i: usize = 0; i < width; i += 4) {
        const at = i << 2;
        const left = width - i;
        const product = f32x4.mul(load4(dy + at, left), load4(normal + at, left));
        store4(dWeight + at, f32x4.add(load4(dWeight + at, left), product), left);
      }
    normal += bytes;
  }
}

function inputGradient(width: usize, dy: usize, normal: usize, scale: f32, weight: usize, dx: usize): void {
  let sum = f32x4.splat(0);
  let along = f32x4.splat(0);
  for (let i: usize = 0; i < width; i += 4) {
    const at = i << 2;
    const d = f32x4.mul(load4(dy + at, width - i), load4(weight + at, width - i));
    sum = f32x4.add(sum, d);
    along = f32x4.add(along, f32x4.mul(d, load4(normal + at, width - i)));
  }
  const mean = f32x4.splat(total(sum) / <f32>width);
  const slope = f32x4.splat(total(along) / <f32>width);
  for (let i: usize = 0; i < width; i += 4) {
    const at = i << 2;
    const left = width - i;
    const d = f32x4.mul(load4(dy + at, left), load4(weight + at, left));
    const rest = f32x4.sub(f32x4.sub(d, mean), f32x4.mul(load4(normal + at, left), slope));
    store4(dx + at, f32x4.mul(f32x4.splat(scale), rest), left);
  }
}
