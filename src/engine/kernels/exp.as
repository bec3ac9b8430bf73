/**
 * exp(x) for x ≤ 0, within 2 units of the last place: 2ⁿ · exp(r) with |r| ≤ ln 2 / 2 and the polynomial of Cephes' expf
 * (Moshier 1992). Below -87.3, where a float32 loses its precision, it is 0; NaN stays NaN.
 */
export function exp(x: v128): v128 {
  const vanished = f32x4.lt(x, f32x4.splat(-87.3));
  x = f32x4.pmax(x, f32x4.splat(-87.3));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  // ln 2 in two parts, so that n · ln 2 is taken off without rounding.
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let y = f32x4.splat(1.9875691500e-4);
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1));
  y = f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), f32x4.add(r, f32x4.splat(1)));
  const exponent = i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127));
  return v128.andnot(f32x4.mul(y, i32x4.shl(exponent, 23)), vanished);
}
