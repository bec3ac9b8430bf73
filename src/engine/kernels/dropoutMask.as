import { store4 } from "./lanes";

/**
 * mask = 0 where 16 random bits are below `threshold`, else `kept`, over `size` elements: four streams of xorshift128 (Marsaglia
 * 2003) side by side, as dropoutMask.ts writes it down.
 */
export function dropoutMask(size: usize, seed: u32, threshold: i32, kept: f32, mask: usize): void {
  let a = word(seed, 0);
  let b = word(seed, 4);
  let c = word(seed, 8);
  let d = word(seed, 12);
  const limit = i32x4.splat(threshold);
  const stays = f32x4.splat(kept);
  for (let i: usize = 0; i < size; i += 8) {
    const t = v128.xor(a, i32x4.shl(a, 11));
    a = b;
    b = c;
    c = d;
    d = v128.xor(v128.xor(d, i32x4.shr_u(d, 19)), v128.xor(t, i32x4.shr_u(t, 8)));
    const low = i32x4.lt_s(v128.and(d, i32x4.splat(0xffff)), limit);
    store4(mask + (i << 2), v128.andnot(stays, low), size - i);
    if (i + 4 >= size) return;
    const high = i32x4.lt_s(i32x4.shr_u(d, 16), limit);
    store4(mask + (i << 2) + 16, v128.andnot(stays, high), size - i - 4);
  }
}

/** One word of the state of each stream. */
function word(seed: u32, first: u32): v128 {
  let words = i32x4.splat(mix(mix(seed) + first * GOLDEN));
  words = i32x4.replace_lane(words, 1, mix(mix(seed) + (first + 1) * GOLDEN));
  words = i32x4.replace_lane(words, 2, mix(mix(seed) + (first + 2) * GOLDEN));
  return i32x4.replace_lane(words, 3, mix(mix(seed) + (first + 3) * GOLDEN));
}

const GOLDEN: u32 = 0x9e3779b9;

/** The last step of MurmurHash3 (Appleby 2011): each bit of the answer depends on each bit of `x`. */
function mix(x: u32): u32 {
  x = (x ^ (x >>> 16)) * 0x85ebca6b;
  x = (x ^ (x >>> 13)) * 0xc2b2ae35;
  return x ^ (x >>> 16);
}
