import { exp } from "./exp";
import { GEMM_SCRATCH, gemm } from "./gemm";
import { greatest, load4, pad4, store4, total } from "./lanes";

// Heads are read where they lie: head h of a row [heads · width] is its h-th stretch of `width`, so nothing is split or merged.

/** How many bytes of scratch the two functions below need. */
export function attentionScratch(queries: usize, keys: usize): usize {
  return GEMM_SCRATCH + ((queries * keys) << 3);
}

/**
 * For each text and head: weights = softmax(q · kᵀ · scale + mask) and y = (weights · drop) · v. q and y are [batch · queries,
 * heads · width], k and v [batch · keys, heads · width], mask [batch, keys], weights and drop [batch, heads, queries, keys]; drop
 * is 0 where nothing is dropped.
 */
export function attention(
  batch: usize,
  heads: usize,
  queries: usize,
  keys: usize,
  width: usize,
  scale: f32,
  q: usize,
  k: usize,
  v: usize,
  mask: usize,
  drop: usize,
  weights: usize,
  y: usize,
  scratch: usize,
): void {
  const row = (heads * width) << 2;
  const scores = queries * keys;
  const dropped = scratch + GEMM_SCRATCH;
  for (let text: usize = 0; text < batch; text++)
    for (let head: usize = 0; head < heads; head++) {
      const ofQueries = text * queries * row + ((head * width) << 2);
      const ofKeys = text * keys * row + ((head * width) << 2);
      const ofScores = ((text * heads + head) * scores) << 2;
      let used = weights + ofScores;
      gemm(queries, keys, width, q + ofQueries, row, 4, k + ofKeys, 4, row, used, keys << 2, scratch);
      softmaxRows(queries, keys, used, scale, mask + ((text * keys) << 2));
      if (drop) {
        multiply(scores, used, drop + ofScores, dropped);
        used = dropped;
      }
      gemm(queries, width, keys, used, keys << 2, 4, v + ofKeys, row, 4, y + ofQueries, row, scratch);
    }
}

/** From dy [batch · queries, heads · width] to the gradients of q, k and v, each left out where its pointer is 0. */
export function attentionGradients(
  batch: usize,
  heads: usize,
  queries: usize,
  keys: usize,
  width: usize,
  scale: f32,
  dy: usize,
  q: usize,
  k: usize,
  v: usize,
  weights: usize,
  drop: usize,
  dq: usize,
  dk: usize,
  dv: usize,
  scratch: usize,
): void {
  const row = (heads * width) << 2;
  const scores = queries * keys;
  const scoreRow = keys << 2;
  const dropped = scratch + GEMM_SCRATCH;
  const slope = dropped + (scores << 2);
  for (let text: usize = 0; text < batch; text++)
    for (let head: usize = 0; head < heads; head++) {
      const ofQueries = text * queries * row + ((head * width) << 2);
      const ofKeys = text * keys * row + ((head * width) << 2);
      const ofScores = ((text * heads + head) * scores) << 2;
      const kept = weights + ofScores;
      if (dv) {
        let used = kept;
        if (drop) {
          multiply(scores, kept, drop + ofScores, dropped);
          used = dropped;
        }
        gemm(keys, width, queries, used, 4, scoreRow, dy + ofQueries, row, 4, dv + ofKeys, row, scratch);
      }
      if (!dq && !dk) continue;
      gemm(queries, keys, width, dy + ofQueries, row, 4, v + ofKeys, 4, row, slope, scoreRow, scratch);
      if (drop) multiply(scores, slope, drop + ofScores, slope);
      softmaxGradientRows(queries, keys, kept, scale, slope);
      if (dq) gemm(queries, width, keys, slope, scoreRow, 4, k + ofKeys, row, 4, dq + ofQueries, row, scratch);
      if (dk) gemm(keys, width, queries, slope, 4, scoreRow, q + ofQueries, row, 4, dk + ofKeys, row, scratch);
    }
}

/** x = softmax(x · scale + mask) row by row, in place. */
function softmaxRows(rows: usize, width: usize, x: usize, scale: f32, mask: usize): void {
  for (let row: usize = 0; row < rows; row++, x += width << 2) {
    let high = f32x4.splat(-Infinity);
    for (let i: usize = 0; i < width; i += 4) {
      const at = x + (i << 2);
      const left = width - i;
      const score = f32x4.add(f32x4.mul(load4(at, left), f32x4.splat(scale)), load4(mask + (i << 2), left));
      store4(at, score, left);
      high = f32x4.max(high, pad4(score, -Infinity, left));
    }
    const top = f32x4.splat(greatest(high));
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < width; i += 4) {
      const at = x + (i << 2);
      const e = exp(f32x4.sub(load4(at, width - i), top));
      store4(at, e, width - i);
      sum = f32x4.add(sum, pad4(e, 0, width - i));
    }
    const share = f32x4.splat(<f32>1 / total(sum));
    for (let i: usize = 0; i < width; i += 4) {
      const at = x + (i << 2);
      store4(at, f32x4.mul(load4(at, width - i), share), width - i);
    }
  }
}

/** d = weights · (d - Σ d · weights) · scale row by row, in place. */
function softmaxGradientRows(rows: usize, width: usize, weights: usize, scale: f32, d: usize): void {
  for (let row: usize = 0; row < rows; row++, weights += width << 2, d += width << 2) {
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < width; i += 4)
      sum = f32x4.add(sum, f32x4.mul(load4(d + (i << 2), width - i), load4(weights + (i << 2), width - i)));
    const inner = f32x4.splat(total(sum));
    for (let i: usize = 0; i < width; i += 4) {
      const at = d + (i << 2);
      const left = width - i;
      const w = f32x4.mul(load4(weights + (i << 2), left), f32x4.splat(scale));
      store4(at, f32x4.mul(w, f32x4.sub(load4(at, left), inner)), left);
    }
  }
}

function multiply(size: usize, a: usize, b: usize, to: usize): void {
  for (let i: usize = 0; i < size; i += 4)
    store4(to + (i << 2), f32x4.mul(load4(a + (i << 2), size - i), load4(b + (i << 2), size - i)), size - i);
}
