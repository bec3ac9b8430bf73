import { exp } from "./exp";
import { load4, store4 } from "./lanes";

/** y = x · Φ(x) over `size` elements. */
export function gelu(size: usize, x: usize, y: usize): void {
  for (let i: usize = 0; i < size; i += 4) {
    const u = load4(x + (i << 2), size - i);
    store4(y + (i << 2), f32x4.mul(u, distribution(u)), size - i);
  }
}

/** dx = dy · (Φ(x) + x · φ(x)) over `size` elements. */
export function geluGradient(size: usize, dy: usize, x: usize, dx: usize): void {
  for (let i: usize = 0; i < size; i += 4) {
    const u = load4(x + (i << 2), size - i);
    const bell = exp(f32x4.mul(f32x4.mul(u, u), f32x4.splat(-0.5)));
    const slope = f32x4.add(distribution(u), f32x4.mul(u, f32x4.mul(bell, f32x4.splat(0.3989422804))));
    store4(dx + (i << 2), f32x4.mul(load4(dy + (i << 2), size - i), slope), size - i);
  }
}

/** Φ(x) = (1 + erf(x / √2)) / 2, erf by Eigen's rational minimax approximation (generic_fast_erf_float, MathFunctionsImpl.h). */
@inline
function distribution(x: v128): v128 {
  const z = f32x4.pmin(f32x4.pmax(f32x4.mul(x, f32x4.splat(0.7071067812)), f32x4.splat(-4)), f32x4.splat(4));
  const s = f32x4.mul(z, z);
  let above = f32x4.splat(-2.72614225801306e-10);
  above = f32x4.add(f32x4.mul(above, s), f32x4.splat(2.77068142495902e-8));
  above = f32x4.add(f32x4.mul(above, s), f32x4.splat(-2.10102402082508e-6));
  above = f32x4.add(f32x4.mul(above, s), f32x4.splat(-5.69250639462346e-5));
  above = f32x4.add(f32x4.mul(above, s), f32x4.splat(-7.34990630326855e-4));
  above = f32x4.add(f32x4.mul(above, s), f32x4.splat(-2.95459980854025e-3));
  above = f32x4.add(f32x4.mul(above, s), f32x4.splat(-1.60960333262415e-2));
  let below = f32x4.splat(-1.45660718464996e-5);
  below = f32x4.add(f32x4.mul(below, s), f32x4.splat(-2.13374055278905e-4));
  below = f32x4.add(f32x4.mul(below, s), f32x4.splat(-1.68282697438203e-3));
  below = f32x4.add(f32x4.mul(below, s), f32x4.splat(-7.37332916720468e-3));
  below = f32x4.add(f32x4.mul(below, s), f32x4.splat(-1.42647390514189e-2));
  const half = f32x4.splat(0.5);
  return f32x4.add(half, f32x4.mul(half, f32x4.div(f32x4.mul(z, above), below)));
}
