import { store4 } from "./lanes";

/**
 * A mask for inverted dropout: `size` elements, 0 where the draw for its index is below `threshold` of 2²⁴, else `kept`. The last step of
 * MurmurHash3 (Appleby 2011) makes a draw of each index and the seed.
 */
export function dropoutMask(size: usize, seed: i32, threshold: f32, kept: f32, mask: usize): void {
  let index = i32x4(0, 1, 2, 3);
  for (let i: usize = 0; i < size; i += 4) {
    let x = v128.xor(i32x4.mul(index, i32x4.splat(<i32>0x9e3779b9)), i32x4.splat(seed));
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(<i32>0x85ebca6b));
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 13)), i32x4.splat(<i32>0xc2b2ae35));
    x = v128.xor(x, i32x4.shr_u(x, 16));
    const draw = f32x4.convert_i32x4_s(i32x4.shr_u(x, 8));
    store4(mask + (i << 2), v128.andnot(f32x4.splat(kept), f32x4.lt(draw, f32x4.splat(threshold))), size - i);
    index = i32x4.add(index, i32x4.splat(4));
  }
}
