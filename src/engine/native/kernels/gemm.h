// Matrix products in the manner of Goto and van de Geijn (2008). The loops, from the outermost in:
//
//   stretches of k     forStretches      as many words as a tile sums up in one go (DEPTH)
//   strips of n        multiplyPart      some panels of b, packed; a strip and some tiles of a's rows to a thread
//   tiles of m         multiplyPanels    TILE_ROWS rows of a
//   panels             multiplyPanels    TILE_COLUMNS columns of b
//   words of k         multiplyTile      c += a word of each row of a, broadcast · a row of the panel; c stays in registers
//
//              k                    n                         n
//         ┌────────┐          ┌───┬───┬───┐             ┌───┬───┬───┐
//         │        │          │   │ p │   │             │   │   │   │
//       m ├────────┤    ·   k │   │ a │   │    =      m ├───┼───┼───┤
//         │ rows ──┼──►       │   │ n │   │             │   │ c │   │   TILE_ROWS x TILE_COLUMNS
//         ├────────┤          │   │ e │   │             ├───┼───┼───┤
//         └────────┘          └───┴─l─┴───┘             └───┴───┴───┘
//
// b is copied into panels in the order in which the innermost loop reads them. a is read where it lies, since one broadcast serves a
// whole row of a tile; it is copied only where something is to be done to it first, or where its rows would drive each other out of the
// cache. What a model does to a factor before, or to a product after, is done in the same go.
#pragma once
#include <sys/mman.h>

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "activation.h"
#include "kernels.h"
#include "threads.h"

namespace FROSTKIT_ISA {

// A tile of the product stays in registers while it sums up: 28 of AVX-512's 32, 12 of the 16 that others have at least.
constexpr int TILE_ROWS = LANES == 16 ? 14 : 6;
constexpr int TILE_VECS = 2;
constexpr int TILE_COLUMNS = TILE_VECS * LANES;
// How far a tile sums up before it is put down, in words of 4 bytes: longer than most layers are wide, since to put it down and take it
// up again costs more than to read the panels from a second-level cache.
constexpr int64_t DEPTH = 1024;
// Whether the processor multiplies bfloat16 itself: two at a time, which lie in one word of a panel.
#if defined(__AVX512BF16__)
constexpr bool PAIRS = true;
#else
constexpr bool PAIRS = false;
#endif

/** In what form factors are multiplied: as they are, rounded to bfloat16, or as words of two bfloat16. */
enum { PLAIN, ROUNDED, PAIRED };

/** Memory to work in that is used again from call to call: one for each thread and purpose. */
class Buffer {
 public:
  ~Buffer() { free(data_); }
  float* of(int64_t floats) {
    if (floats > size_) {
      free(data_);
      // Large pages spare the processor most of its look-ups of addresses.
      const int64_t page = int64_t{1} << (floats < (1 << 18) ? 6 : 21), bytes = (floats * 4 + page - 1) / page * page;
      data_ = static_cast<float*>(aligned_alloc(page, bytes));
#if defined(MADV_HUGEPAGE)
      if (page > 64) madvise(data_, bytes, MADV_HUGEPAGE);
#endif
      size_ = floats;
    }
    return data_;
  }

 private:
  float* data_ = nullptr;
  int64_t size_ = 0;
};

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

/** A word of each of LANES lanes that lie side by side, with depths `stride` apart: `lanes` and `left` say how many of them there are. */
template <int F, int FORM>
static inline Vec acrossDepths(const float* from, int64_t stride, int64_t left, int64_t lanes) {
  if constexpr (FORM == PAIRED)
    return interleave(activate<F>(load(from, lanes)), left > 1 ? activate<F>(load(from + stride, lanes)) : Vec{});
  const Vec x = activate<F>(load(from, lanes));
  return FORM == ROUNDED ? roundToBfloat16(x) : x;
}

/** LANES words of one lane whose depths lie side by side: `left` says how many of them there are. */
template <int F, int FORM>
static inline Vec alongDepth(const float* from, int64_t left) {
  if constexpr (FORM == PAIRED)
    return pairUp(activate<F>(loadUpTo(from, left)), activate<F>(loadUpTo(from + LANES, left - LANES)));
  const Vec x = activate<F>(loadUpTo(from, left));
  return FORM == ROUNDED ? roundToBfloat16(x) : x;
}

/**
 * Copies `width` ≤ TILE_COLUMNS lanes of `depth` elements each into a panel [words][TILE_COLUMNS]; the missing lanes become 0.
 * Element (lane, d) lies at `from[lane · laneStride + d · depthStride]`; one of the strides is 1.
 */
template <int F, int FORM>
static void pack(const float* from, int64_t laneStride, int64_t depthStride, int64_t width, int64_t depth, float* panel) {
  constexpr int EACH = FORM == PAIRED ? 2 : 1;
  const int64_t words = wordsOf(depth, FORM == PAIRED);
  if (laneStride == 1) {
    for (int64_t w = 0; w < words; w++)
      for (int lane = 0; lane < TILE_COLUMNS; lane += LANES)
        store(panel + w * TILE_COLUMNS + lane,
              width > lane ? acrossDepths<F, FORM>(from + w * EACH * depthStride + lane, depthStride, depth - w * EACH, width - lane)
                           : Vec{});
    return;
  }
  for (int64_t w = 0; w < words; w += LANES)
    for (int lane = 0; lane < TILE_COLUMNS; lane += LANES) {
      Vec x[LANES];
      if (width >= lane + LANES && depth - w * EACH >= LANES * EACH) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) x[i] = alongDepth<F, FORM>(from + (lane + i) * laneStride + w * EACH, LANES * EACH);
        transpose<LANES / 2>(x);
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) store(panel + (w + i) * TILE_COLUMNS + lane, x[i]);
        continue;
      }
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++)
        x[i] = lane + i < width ? alongDepth<F, FORM>(from + (lane + i) * laneStride + w * EACH, depth - w * EACH) : Vec{};
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
        store(y + row * stride + w, alongDepth<F, FORM>(a.data + row * a.rowStride + w * EACH, depth - w * EACH), words - w);
  else
    for (int64_t w = from; w < to; w++)
      for (int64_t row = 0; row < rows; row += LANES)
        store(y + w * stride + row,
              acrossDepths<F, FORM>(a.data + w * EACH * a.columnStride + row, a.columnStride, depth - w * EACH, rows - row), rows - row);
}

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
        if (p.slopeOf) x *= slopeOf(p.slope, load(p.slopeOf + at, count));
        if (p.add) x += load(p.add + at, count);
      }
      store(p.y + at, x, count);
    }
  }
}

static inline int64_t roundUp(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

/** Whether the factors of a product lie in panels two to a word. */
static inline bool paired(const Product& p) { return PAIRS && p.a.bfloat16 && p.b.bfloat16; }

static thread_local Buffer preparedRows, panelsOfB;

/** Calls `run` with the activation F and the form of an operand. */
template <int F, class Run>
static inline void withForm(const Operand& operand, bool paired, Run&& run) {
  if (paired) run(std::integral_constant<int, F>{}, std::integral_constant<int, PAIRS ? PAIRED : ROUNDED>{});
  else if (operand.bfloat16) run(std::integral_constant<int, F>{}, std::integral_constant<int, ROUNDED>{});
  else run(std::integral_constant<int, F>{}, std::integral_constant<int, PLAIN>{});
}

template <class Run>
static inline void withKind(const Operand& operand, bool paired, Run&& run) {
  switch (operand.activation) {
    case GELU: return withForm<GELU>(operand, paired, run);
    case GELU_TANH: return withForm<GELU_TANH>(operand, paired, run);
    case RELU: return withForm<RELU>(operand, paired, run);
    case SILU: return withForm<SILU>(operand, paired, run);
    default: return withForm<NONE>(operand, paired, run);
  }
}

static void prepare(const Product& p, int64_t from, int64_t to, float* y, int64_t stride) {
  withKind(p.a, paired(p), [&](auto f, auto form) { prepare<f, form>(p.a, from, to, p.m, p.k, y, stride); });
}

static void packColumns(const Product& p, int64_t column, int64_t start, int64_t depth, float* panel) {
  withKind(p.b, paired(p), [&](auto f, auto form) {
    pack<f, form>(p.b.data + start * p.b.rowStride + column * p.b.columnStride, p.b.columnStride, p.b.rowStride,
                  std::min<int64_t>(TILE_COLUMNS, p.n - column), depth, panel);
  });
}

/** Rows so far apart fall into a few sets of a first-level cache, and drive each other out. */
static inline bool collides(int64_t stride) { return stride % 512 == 0; }

/** The left factor as it lies, where that will do; else `data` is null, and it is to be prepared into `lines(p)`. */
static inline Rows leftFactor(const Product& p) {
  const bool transposed = p.a.columnStride != 1, pairs = paired(p);
  if (p.a.activation == NONE && !p.a.bfloat16 && (transposed || !collides(p.a.rowStride)))
    return {p.a.data, transposed ? p.a.columnStride : p.a.rowStride, transposed, pairs};
  // A line more than they are long where they would collide.
  const int64_t length = roundUp(transposed ? p.m : wordsOf(p.k, pairs), 16);
  return {nullptr, collides(length) ? length + 16 : length, transposed, pairs};
}

/** How many lines of `stride` words it takes to prepare the left factor. */
static inline int64_t lines(const Product& p, const Rows& rows) { return rows.transposed ? wordsOf(p.k, rows.paired) : p.m; }

/** How many rows' sums a thread makes at a time. */
constexpr int64_t SUMMED = 64;

/** rowSums of rows [from, to), SUMMED at most. */
static void sumRows(const Product& p, int64_t from, int64_t to) {
  if (p.a.columnStride == 1) {
    for (int64_t row = from; row < to; row++) {
      Vec total = {};
      for (int64_t d = 0; d < p.k; d += LANES) total += load(p.a.data + row * p.a.rowStride + d, p.k - d);
      p.rowSums[row] = sum(total);
    }
    return;
  }
  Vec totals[SUMMED / LANES] = {};
  for (int64_t d = 0; d < p.k; d++)
    for (int64_t row = from; row < to; row += LANES)
      totals[(row - from) / LANES] += load(p.a.data + d * p.a.columnStride + row, to - row);
  for (int64_t row = from; row < to; row += LANES) store(p.rowSums + row, totals[(row - from) / LANES], to - row);
}

/** Where a product's depth is cut: it sums up `words` words from element `start` on. */
struct Stretch {
  int64_t start, words;
  bool first, last;
};

/** How the tile at (row, column) ends, where nothing but a bias or one matrix is added to it and all of its columns are there. */
static inline Ending endingOf(const Product& p, int64_t row, int64_t column, const Stretch& stretch) {
  const float* add = stretch.last ? p.add : nullptr;
  if (column + TILE_COLUMNS > p.n || (stretch.last && p.slopeOf) || (add && !stretch.first)) return {};
  const int64_t at = row * p.stride + column;
  const float* plus = stretch.first ? add : p.y;
  return {p.y + at, p.stride, p.scale, stretch.last && p.bias ? p.bias + column : nullptr, plus ? plus + at : nullptr};
}

/** Multiplies row tiles [fromTile, toTile) by panels [fromPanel, toPanel) of b, of which `panels` holds the first. */
static inline void multiplyPanels(const Product& p, const Rows& rows, int64_t fromTile, int64_t toTile, int64_t fromPanel,
                                  int64_t toPanel, const Stretch& stretch, const float* panels) {
  Vec acc[TILE_ROWS][TILE_VECS];
  for (int64_t tile = fromTile; tile < toTile; tile++) {
    const int64_t row = tile * TILE_ROWS, word = stretch.start / (rows.paired ? 2 : 1);
    const float* a = rows.data + (rows.transposed ? row + word * rows.stride : row * rows.stride + word);
    for (int64_t panel = fromPanel; panel < toPanel; panel++) {
      const int64_t column = panel * TILE_COLUMNS;
      const Ending ending = endingOf(p, row, column, stretch);
      prefetchTile(p, row, column);
      multiplyRows(p.m - row, stretch.words, a, rows, panels + (panel - fromPanel) * TILE_COLUMNS * stretch.words, ending, acc);
      if (ending.y) continue;
      if (column + TILE_COLUMNS <= p.n) finishTile<true>(p, acc, row, column, stretch.first, stretch.last);
      else finishTile<false>(p, acc, row, column, stretch.first, stretch.last);
    }
  }
}

/** Calls `run` for each stretch of a product's depth, of `most` words at most, and how many elements it has. */
template <class Run>
static inline void forStretches(const Product& p, int64_t most, Run&& run) {
  const int64_t each = most * (paired(p) ? 2 : 1);
  for (int64_t start = 0; start < p.k; start += each) {
    const int64_t depth = std::min(each, p.k - start);
    run(Stretch{start, wordsOf(depth, paired(p)), start == 0 && !p.accumulate, start + depth == p.k}, depth);
  }
}

/** The part of the product that lies in row tiles [fromTile, toTile) and in panels [fromPanel, toPanel) of b. */
static void multiplyPart(const Product& p, const Rows& rows, int64_t fromTile, int64_t toTile, int64_t fromPanel, int64_t toPanel,
                         int64_t most) {
  float* panels = panelsOfB.of((toPanel - fromPanel) * TILE_COLUMNS * most);
  forStretches(p, most, [&](const Stretch& stretch, int64_t depth) {
    for (int64_t panel = fromPanel; panel < toPanel; panel++)
      packColumns(p, panel * TILE_COLUMNS, stretch.start, depth, panels + (panel - fromPanel) * TILE_COLUMNS * stretch.words);
    multiplyPanels(p, rows, fromTile, toTile, fromPanel, toPanel, stretch, panels);
  });
}

/** How many words of a product's depth are summed up in one go: equal parts. */
static inline int64_t wordsAtOnce(const Product& p) {
  const int64_t words = wordsOf(p.k, paired(p)), parts = (words + DEPTH - 1) / DEPTH;
  return (words + parts - 1) / parts;
}

/** The left factor as tiles read it, where need be in memory of the calling thread's. */
static inline Rows rowsHere(const Product& p) {
  Rows rows = leftFactor(p);
  if (!rows.data) {
    const int64_t all = lines(p, rows);
    float* space = preparedRows.of(all * rows.stride);
    prepare(p, 0, all, space, rows.stride);
    rows.data = space;
  }
  return rows;
}

static inline int64_t tilesOf(const Product& p) { return (p.m + TILE_ROWS - 1) / TILE_ROWS; }
static inline int64_t panelsOf(const Product& p) { return (p.n + TILE_COLUMNS - 1) / TILE_COLUMNS; }

/** A product on the calling thread alone, for the many small ones of attention. */
static void multiplyHere(const Product& p) {
  multiplyPart(p, rowsHere(p), 0, tilesOf(p), 0, panelsOf(p), wordsAtOnce(p));
}

/** Panels of b that together fill half of a second-level cache. */
static inline int64_t panelsAtOnce(int64_t most) { return std::max<int64_t>(1, 131072 / (TILE_COLUMNS * most)); }

/** How much memory all of b takes in panels. */
static inline int64_t packedFloats(const Product& p) { return panelsOf(p) * TILE_COLUMNS * wordsOf(p.k, paired(p)); }

/** Packs a panel of b into its place among all. */
static inline void packAmong(const Product& p, int64_t panel, float* packed) {
  forStretches(p, wordsAtOnce(p), [&](const Stretch& stretch, int64_t depth) {
    const int64_t before = panelsOf(p) * wordsOf(stretch.start, paired(p));
    packColumns(p, panel * TILE_COLUMNS, stretch.start, depth, packed + (before + panel * stretch.words) * TILE_COLUMNS);
  });
}

/** The same as `multiplyHere`, with all of b in panels already. */
static void multiplyPacked(const Product& p, const float* packed) {
  const Rows rows = rowsHere(p);
  const int64_t most = wordsAtOnce(p), strip = panelsAtOnce(most), panels = panelsOf(p);
  forStretches(p, most, [&](const Stretch& stretch, int64_t) {
    const int64_t before = panels * wordsOf(stretch.start, paired(p));
    for (int64_t panel = 0; panel < panels; panel += strip)
      multiplyPanels(p, rows, 0, tilesOf(p), panel, std::min(panels, panel + strip), stretch,
                     packed + (before + panel * stretch.words) * TILE_COLUMNS);
  });
}

/** Rows [from, to) of a product. */
static inline Product rowsOfProduct(const Product& p, int64_t from, int64_t to) {
  Product q = p;
  q.m = to - from;
  q.a.data += from * p.a.rowStride;
  q.y += from * p.stride;
  if (p.slopeOf) q.slopeOf += from * p.stride;
  if (p.add) q.add += from * p.stride;
  if (p.rowSums) q.rowSums += from;
  return q;
}

/** A product on all threads, which share out its columns; where there are few, its rows as well. */
static void multiply(const Product& p) {
  const int64_t threads = frostkit::threads(), wanted = 4 * threads, most = wordsAtOnce(p);
  Rows rows = leftFactor(p);
  if (!rows.data) {
    // Buffers live on between calls, so their size must not grow with the batch.
    const int64_t atOnce = std::max<int64_t>(64 * TILE_ROWS, (1 << 24) / (p.k + 1));
    if (p.m > atOnce) {
      for (int64_t row = 0; row < p.m; row += atOnce) multiply(rowsOfProduct(p, row, std::min(p.m, row + atOnce)));
      return;
    }
    const int64_t all = lines(p, rows), share = (all + wanted - 1) / wanted;
    float* space = preparedRows.of(all * rows.stride);
    frostkit::parallel((all + share - 1) / share, [&](int64_t i) {
      prepare(p, i * share, std::min(all, (i + 1) * share), space, rows.stride);
    });
    rows.data = space;
  }
  const int64_t panels = panelsOf(p), tiles = tilesOf(p);
  // Some parts for each thread to choose from.
  const int64_t width = std::max<int64_t>(1, std::min(panelsAtOnce(most), panels / wanted));
  // Equal shares for all threads, so that none waits for another's last.
  const int64_t strips = std::min(panels, roundUp((panels + width - 1) / width, threads));
  const int64_t cuts = std::min(tiles, (wanted + strips - 1) / strips);
  frostkit::parallel(strips * cuts, [&](int64_t i) {
    const int64_t strip = i / cuts, cut = i % cuts;
    multiplyPart(p, rows, cut * tiles / cuts, (cut + 1) * tiles / cuts, strip * panels / strips, (strip + 1) * panels / strips,
                 most);
    if (p.rowSums)
      for (int64_t row = i * SUMMED; row < p.m; row += strips * cuts * SUMMED) sumRows(p, row, std::min(p.m, row + SUMMED));
  });
}

}
