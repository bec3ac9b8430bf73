// The panels of a product's right factor, and copies of its left one: how matrices are laid out for the tiles that multiply them.
#pragma once
#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <type_traits>

#include "activation.h"
#include "kernels.h"

namespace FROSTKIT_ISA {

// A tile of the product stays in registers while it sums up: 28 of AVX-512's 32, 12 of the 16 that others have at least.
constexpr int TILE_ROWS = LANES == 16 ? 14 : 6;
constexpr int TILE_VECS = 2;
constexpr int TILE_COLUMNS = TILE_VECS * LANES;
// Whether the processor multiplies bfloat16 itself: two at a time, which lie in one word of a panel.
#if defined(__AVX512BF16__)
constexpr bool PAIRS = true;
#else
constexpr bool PAIRS = false;
#endif

/** In what form factors are multiplied: as they are, rounded to bfloat16, or as words of two bfloat16. */
enum { PLAIN, ROUNDED, PAIRED };

/** Rounds to bfloat16, to the nearest and of two to the even one. */
static inline Vec roundToBfloat16(Vec x) {
  const UintVec bits = (UintVec)x;
  const UintVec rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  return (Vec)rounded;
}

#if defined(__AVX512BF16__)
/** Words of two bfloat16 each: of an element of `even` and one of `odd`. */
static inline Vec interleave(Vec even, Vec odd) {
  const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)even));
  const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)odd));
  return (Vec)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

/** The same of elements that follow each other in memory: those of `first`, then those of `second`. */
static inline Vec pairUp(Vec first, Vec second) { return (Vec)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first); }
#endif

#if defined(__clang__)
#define FROSTKIT_SHUFFLE(a, b, mask) shuffle(a, b, mask)
static inline Vec shuffle(Vec a, Vec b, IntVec mask) {
  Vec y;
  for (int i = 0; i < LANES; i++) y[i] = mask[i] < LANES ? a[mask[i]] : b[mask[i] - LANES];
  return y;
}
#else
#define FROSTKIT_SHUFFLE(a, b, mask) __builtin_shuffle(a, b, mask)
#endif

/** Exchanges lanes STEP apart between vectors STEP apart, then goes on with half the step (Eklundh 1972). */
template <int STEP>
static inline void transpose(Vec (&x)[LANES]) {
  IntVec low, high;
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) {
    low[i] = i & STEP ? LANES + i - STEP : i;
    high[i] = i & STEP ? LANES + i : i + STEP;
  }
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++)
    if (!(i & STEP)) {
      const Vec a = x[i], b = x[i + STEP];
      x[i] = FROSTKIT_SHUFFLE(a, b, low);
      x[i + STEP] = FROSTKIT_SHUFFLE(a, b, high);
    }
  if constexpr (STEP > 1) transpose<STEP / 2>(x);
}

/** How many words so many depths take. */
static inline int64_t wordsOf(int64_t depth, bool paired) { return paired ? (depth + 1) / 2 : depth; }

/** The first `count` elements, none where it is not positive. */
static inline Vec loadUpTo(const float* from, int64_t count) {
  return count > 0 ? load(from, count) : Vec{};
}

/** The first `count` elements as a product takes them, none where it is not positive; `gate` is that of an operand. */
template <int F>
static inline Vec factors(const float* from, int64_t count, int64_t gate) {
  const Vec x = activate<F>(loadUpTo(from, count));
  return F != NONE && gate > 0 ? x * loadUpTo(from + gate, count) : x;
}

/** A word of each of LANES lanes that lie side by side, with depths `stride` apart: `lanes` and `left` say how many of them there are. */
template <int F, int FORM>
static inline Vec acrossDepths(const float* from, int64_t stride, int64_t left, int64_t lanes, int64_t gate) {
  if constexpr (FORM == PAIRED)
    return interleave(factors<F>(from, lanes, gate), left > 1 ? factors<F>(from + stride, lanes, gate) : Vec{});
  const Vec x = factors<F>(from, lanes, gate);
  return FORM == ROUNDED ? roundToBfloat16(x) : x;
}

/** LANES words of one lane whose depths lie side by side: `left` says how many of them there are. */
template <int F, int FORM>
static inline Vec alongDepth(const float* from, int64_t left, int64_t gate) {
  if constexpr (FORM == PAIRED)
    return pairUp(factors<F>(from, left, gate), factors<F>(from + LANES, left - LANES, gate));
  const Vec x = factors<F>(from, left, gate);
  return FORM == ROUNDED ? roundToBfloat16(x) : x;
}

/**
 * Copies `width` ≤ TILE_COLUMNS lanes of `depth` elements each into a panel [words][TILE_COLUMNS]; the missing lanes become 0.
 * Element (lane, d) lies at `from[lane · laneStride + d · depthStride]`; one of the strides is 1.
 */
template <int F, int FORM>
static void pack(const float* from, int64_t laneStride, int64_t depthStride, int64_t width, int64_t depth, int64_t gate, float* panel) {
  constexpr int EACH = FORM == PAIRED ? 2 : 1;
  const int64_t words = wordsOf(depth, FORM == PAIRED);
  if (laneStride == 1) {
    for (int64_t w = 0; w < words; w++)
      for (int lane = 0; lane < TILE_COLUMNS; lane += LANES)
        store(panel + w * TILE_COLUMNS + lane,
              width > lane ? acrossDepths<F, FORM>(from + w * EACH * depthStride + lane, depthStride, depth - w * EACH, width - lane, gate)
                           : Vec{});
    return;
  }
  for (int64_t w = 0; w < words; w += LANES)
    for (int lane = 0; lane < TILE_COLUMNS; lane += LANES) {
      Vec x[LANES];
      if (width >= lane + LANES && depth - w * EACH >= LANES * EACH) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) x[i] = alongDepth<F, FORM>(from + (lane + i) * laneStride + w * EACH, LANES * EACH, gate);
        transpose<LANES / 2>(x);
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) store(panel + (w + i) * TILE_COLUMNS + lane, x[i]);
        continue;
      }
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++)
        x[i] = lane + i < width ? alongDepth<F, FORM>(from + (lane + i) * laneStride + w * EACH, depth - w * EACH, gate) : Vec{};
      transpose<LANES / 2>(x);
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++)
        if (i < words - w) store(panel + (w + i) * TILE_COLUMNS + lane, x[i]);
    }
}

/**
 * Copies a [rows, depth] in the form in which it is multiplied and in the order in which it lies, row by row or word by word: rows, or
 * words, [from, to), `stride` apart in y.
 */
template <int F, int FORM>
static void prepare(const Operand& a, int64_t from, int64_t to, int64_t rows, int64_t depth, float* y, int64_t stride) {
  constexpr int EACH = FORM == PAIRED ? 2 : 1;
  const int64_t words = wordsOf(depth, FORM == PAIRED);
  if (a.columnStride == 1)
    for (int64_t row = from; row < to; row++)
      for (int64_t w = 0; w < words; w += LANES)
        store(y + row * stride + w, alongDepth<F, FORM>(a.data + row * a.rowStride + w * EACH, depth - w * EACH, a.gate), words - w);
  else
    for (int64_t w = from; w < to; w++)
      for (int64_t row = 0; row < rows; row += LANES)
        store(y + w * stride + row,
              acrossDepths<F, FORM>(a.data + w * EACH * a.columnStride + row, a.columnStride, depth - w * EACH, rows - row, a.gate),
              rows - row);
}

/** Whether the factors of a product lie in panels two to a word. */
static inline bool paired(const Product& p) { return PAIRS && p.a.bfloat16 && p.b.bfloat16; }

/** Calls `run` with the activation F and the form of an operand. */
template <int F, class Run>
static inline void withForm(const Operand& operand, bool paired, Run&& run) {
  if (paired) run(std::integral_constant<int, F>{}, std::integral_constant<int, PAIRS ? PAIRED : ROUNDED>{});
  else if (operand.bfloat16) run(std::integral_constant<int, F>{}, std::integral_constant<int, ROUNDED>{});
  else run(std::integral_constant<int, F>{}, std::integral_constant<int, PLAIN>{});
}

template <class Run>
static inline void withKind(const Operand& operand, bool paired, Run&& run) {
  withActivation(operand.activation, [&](auto f) { withForm<f>(operand, paired, run); });
}

static void prepare(const Product& p, int64_t from, int64_t to, float* y, int64_t stride) {
  withKind(p.a, paired(p), [&](auto f, auto form) { prepare<f, form>(p.a, from, to, p.m, p.k, y, stride); });
}

static void packColumns(const Product& p, int64_t column, int64_t start, int64_t depth, float* panel) {
  withKind(p.b, paired(p), [&](auto f, auto form) {
    pack<f, form>(p.b.data + start * p.b.rowStride + column * p.b.columnStride, p.b.columnStride, p.b.rowStride,
                  std::min<int64_t>(TILE_COLUMNS, p.n - column), depth, p.b.gate, panel);
  });
}

}
