// A tile of a product: computed in registers over a stretch of the depth, then put into its place.
#pragma once
#include "panels.h"

namespace FROSTKIT_ISA {

/** c + a · b, of float32, or of two bfloat16 in each lane. */
template <bool PAIR>
static inline Vec multiplyAdd(Vec a, Vec b, Vec c) {
#if defined(__AVX512BF16__)
  if constexpr (PAIR) return (Vec)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b);
#endif
  return c + a * b;
}

/**
 * What becomes of a tile: scale · acc + bias + plus, where there are these two, put to y; both may have rows `stride` apart, and y be
 * `plus`. Where there is more to it `y` is null, and the tile is handed on.
 */
struct Ending {
  float* y;
  int64_t stride;
  float scale;
  const float *bias, *plus;
};

template <int R, bool PLUS>
[[gnu::always_inline]] static inline void endTile(const Ending& ending, const Vec (&c)[R][TILE_VECS]) {
  const Vec scale = splat(ending.scale);
  Vec bias[TILE_VECS] = {};
  if (ending.bias)
    for (int v = 0; v < TILE_VECS; v++) bias[v] = load(ending.bias + v * LANES);
  float* y = ending.y;
  const float* plus = ending.plus;
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < TILE_VECS; v++) {
      Vec x = c[r][v] * scale;
      if (PLUS) x += load(plus + v * LANES);
      store(y + v * LANES, x + bias[v]);
    }
    y += ending.stride;
    if (PLUS) plus += ending.stride;
  }
}

/**
 * a · b for R rows of a, whose words lie `stride` apart from row to row, or where they are TRANSPOSED from word to word; a panel
 * of b is [words][TILE_COLUMNS]. Where it does not end here it is left in `acc`.
 */
template <int R, bool PAIR, bool TRANSPOSED>
static inline void multiplyTile(int64_t words, const float* __restrict a, int64_t stride, const float* __restrict b,
                                const Ending& ending, Vec (&acc)[TILE_ROWS][TILE_VECS]) {
  Vec c[R][TILE_VECS];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) c[r][0] = c[r][1] = Vec{};
  // Few registers reach all rows: an address may be a sum of one and another times 1, 2, 4 or 8.
  const int64_t stride3 = 3 * stride, stride5 = 5 * stride;
  const float *a7 = a + 7 * stride, *next = a + TILE_ROWS * stride;
  for (int64_t w = 0; w < words; w++) {
    __builtin_prefetch(b + 8 * TILE_COLUMNS);
    __builtin_prefetch(b + 8 * TILE_COLUMNS + LANES);
    // Row by row in lines of 16 words, the next tile's; transposed, this one's.
    __builtin_prefetch(TRANSPOSED ? a + 8 * stride : next + (w & 15) * stride + (w & ~int64_t{15}));
    const Vec b0 = load(b), b1 = load(b + LANES);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const float* row = r < 7 ? a : a7;
      const int64_t offsets[] = {0, stride, 2 * stride, stride3, 4 * stride, stride5, 2 * stride3};
      const Vec x = splat(TRANSPOSED ? a[r] : row[offsets[r % 7]]);
      c[r][0] = multiplyAdd<PAIR>(x, b0, c[r][0]);
      c[r][1] = multiplyAdd<PAIR>(x, b1, c[r][1]);
    }
    a += TRANSPOSED ? stride : 1;
    a7++;
    b += TILE_COLUMNS;
  }
  if (ending.y && ending.plus) return endTile<R, true>(ending, c);
  if (ending.y) return endTile<R, false>(ending, c);
  for (int r = 0; r < R; r++)
    for (int v = 0; v < TILE_VECS; v++) acc[r][v] = c[r][v];
}

/** A product's left factor as its tiles read it: word (row, w) lies at data[row · stride + w], TRANSPOSED at data[row + w · stride]. */
struct Rows {
  const float* data;
  int64_t stride;
  bool transposed, paired;
};

/** The same for as many rows as are there; `a` points to the first. */
template <int R = TILE_ROWS>
static inline void multiplyRows(int64_t rows, int64_t words, const float* a, const Rows& of, const float* b,
                                const Ending& ending, Vec (&acc)[TILE_ROWS][TILE_VECS]) {
  if constexpr (R > 1) {
    if (rows < R) return multiplyRows<R - 1>(rows, words, a, of, b, ending, acc);
  }
  if (of.paired) {
    if (of.transposed) multiplyTile<R, PAIRS, true>(words, a, of.stride, b, ending, acc);
    else multiplyTile<R, PAIRS, false>(words, a, of.stride, b, ending, acc);
  } else {
    if (of.transposed) multiplyTile<R, false, true>(words, a, of.stride, b, ending, acc);
    else multiplyTile<R, false, false>(words, a, of.stride, b, ending, acc);
  }
}

/** Has the part of y that a tile is about to be added to fetched while the tile is computed. */
static inline void prefetchTile(const Product& p, int64_t row, int64_t column) {
  const int64_t rows = std::min<int64_t>(TILE_ROWS, p.m - row);
  for (int64_t r = 0; r < rows; r++)
    for (int v = 0; v < TILE_VECS; v++) __builtin_prefetch(p.y + (row + r) * p.stride + column + v * LANES, 1);
}

/** Puts a tile into its place at (row, column); `first` and `last` say which part of the depth it holds. */
template <bool WHOLE>
static inline void finishTile(const Product& p, Vec (&acc)[TILE_ROWS][TILE_VECS], int64_t row, int64_t column, bool first,
                              bool last) {
  const int64_t rows = std::min<int64_t>(TILE_ROWS, p.m - row);
  const Vec scale = splat(p.scale);
  for (int v = 0; v < TILE_VECS; v++) {
    const int64_t here = column + v * LANES, count = WHOLE ? LANES : p.n - here;
    if (count <= 0) break;
    const Vec bias = last && p.bias ? load(p.bias + here, count) : Vec{};
    for (int64_t r = 0; r < rows; r++) {
      const int64_t at = (row + r) * p.stride + here;
      Vec x = acc[r][v] * scale;
      if (!first) x += load(p.y + at, count);
      if (last) {
        x += bias;
        const Vec before = p.slopeOf ? load(p.slopeOf + at, count) : Vec{};
        if (p.slope & kGated) {
          Vec ofGate = x * activationOf(p.slope, before);
          if (p.add) ofGate += load(p.add + at + p.n, count);
          store(p.y + at + p.n, ofGate, count);
          x *= load(p.slopeOf + at + p.n, count);
        }
        if (p.slopeOf) x *= slopeOf(p.slope, before);
        if (p.add) x += load(p.add + at, count);
      }
      store(p.y + at, x, count);
    }
  }
}

}
