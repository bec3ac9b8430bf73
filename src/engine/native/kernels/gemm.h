// Matrix products in the manner of Goto and van de Geijn (2008): the operands are copied into panels in the order in which the
// innermost loop reads them. What a model does to an operand before, or to a product after, is done on the way.
#pragma once
#include <sys/mman.h>

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstdlib>

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

/** Memory that is kept from call to call: one for each thread and purpose. */
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

template <int F>
static inline void prepare(float* values, int64_t count, bool round) {
  for (int64_t i = 0; i < count; i += LANES) {
    Vec x = activate<F>(load(values + i));
    if (round) x = roundToBfloat16(x);
    store(values + i, x);
  }
}

/** What an operand goes through on its way into a panel; `values` may be written up to a whole vector. */
static inline void prepare(const Operand& operand, float* values, int64_t count) {
  switch (operand.activation) {
    case GELU: return prepare<GELU>(values, count, operand.bfloat16);
    case GELU_TANH: return prepare<GELU_TANH>(values, count, operand.bfloat16);
    case RELU: return prepare<RELU>(values, count, operand.bfloat16);
    case SILU: return prepare<SILU>(values, count, operand.bfloat16);
    default:
      if (operand.bfloat16) prepare<NONE>(values, count, true);
  }
}

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

/**
 * Copies `width` ≤ W lanes of `depth` elements each into a panel [depth][W]; the missing lanes become 0. Element (lane, d) lies at
 * `from[lane · laneStride + d · depthStride]`. The panel needs room for a vector more.
 */
template <int W>
static void pack(const Operand& operand, const float* from, int64_t laneStride, int64_t depthStride, int64_t width,
                 int64_t depth, float* panel) {
  int64_t d = 0;
  if (laneStride == 1)
    for (; d < depth; d++) {
      const float* source = from + d * depthStride;
      float* to = panel + d * W;
      if (width == W) memcpy(to, source, W * 4);
      else
        for (int lane = 0; lane < W; lane++) to[lane] = lane < width ? source[lane] : 0;
    }
  else if (depthStride == 1)
    for (; d + LANES <= depth; d += LANES)
      for (int lane = 0; lane < W; lane += LANES) {
        Vec x[LANES];
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) x[i] = lane + i < width ? load(from + (lane + i) * laneStride + d) : Vec{};
        transpose<LANES / 2>(x);
        // Where W is no multiple of a vector, the next store overwrites what is too much of this one.
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) store(panel + (d + i) * W + lane, x[i]);
      }
  for (; d < depth; d++)
    for (int lane = 0; lane < W; lane++)
      panel[d * W + lane] = lane < width ? from[lane * laneStride + d * depthStride] : 0;
  if (operand.activation != NONE || operand.bfloat16) prepare(operand, panel, depth * W);
}

/** A panel [depth][W] of values that bfloat16 holds, two depths a word: [⌈depth / 2⌉][W]. Both have room for a vector more. */
template <int W>
static void pair(float* from, int64_t depth, float* panel) {
  if (depth % 2)
    for (int lane = 0; lane < W; lane++) from[depth * W + lane] = 0;
  for (int64_t d = 0; d < depth; d += 2)
    for (int lane = 0; lane < W; lane += LANES) {
      const UintVec even = (UintVec)load(from + d * W + lane), odd = (UintVec)load(from + (d + 1) * W + lane);
      store(panel + d / 2 * W + lane, (Vec)((even >> 16) | (odd & 0xffff0000u)));
    }
}

/** c + a · b, of float32, or of two bfloat16 in each lane. */
template <bool PAIRED>
static inline Vec multiplyAdd(Vec a, Vec b, Vec c) {
#if defined(__AVX512BF16__)
  if constexpr (PAIRED) return (Vec)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b);
#endif
  return c + a * b;
}

/** acc = a · b for the first R rows of a tile; a panel of a is [words][TILE_ROWS], one of b [words][TILE_COLUMNS]. */
template <int R, bool PAIRED>
static inline void multiplyTile(int64_t words, const float* __restrict a, const float* __restrict b,
                                Vec (&acc)[TILE_ROWS][TILE_VECS]) {
  Vec c[R][TILE_VECS];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) c[r][0] = c[r][1] = Vec{};
  for (int64_t d = 0; d < words; d++) {
    __builtin_prefetch(b + 8 * TILE_COLUMNS);
    __builtin_prefetch(b + 8 * TILE_COLUMNS + LANES);
    const Vec b0 = load(b), b1 = load(b + LANES);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const Vec x = splat(a[r]);
      c[r][0] = multiplyAdd<PAIRED>(x, b0, c[r][0]);
      c[r][1] = multiplyAdd<PAIRED>(x, b1, c[r][1]);
    }
    a += TILE_ROWS;
    b += TILE_COLUMNS;
  }
  for (int r = 0; r < R; r++)
    for (int v = 0; v < TILE_VECS; v++) acc[r][v] = c[r][v];
}

/** The same for as few rows as are there, or some more. */
template <bool PAIRED>
static inline void multiplyRowsOfTile(int64_t rows, int64_t words, const float* a, const float* b,
                                      Vec (&acc)[TILE_ROWS][TILE_VECS]) {
  constexpr int HALF = TILE_ROWS / 2, FEW = 2;
  if (rows > HALF) multiplyTile<TILE_ROWS, PAIRED>(words, a, b, acc);
  else if (rows > FEW) multiplyTile<HALF, PAIRED>(words, a, b, acc);
  else multiplyTile<FEW, PAIRED>(words, a, b, acc);
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

/** How much of a product's depth is summed up in one go, and how many words of a panel that is. */
static inline int64_t depthAtOnce(const Product& p) { return std::min(p.k, paired(p) ? 2 * DEPTH : DEPTH); }
static inline int64_t wordsOf(const Product& p, int64_t depth) { return paired(p) ? (depth + 1) / 2 : depth; }

static thread_local Buffer panelsOfA, panelsOfB, unpaired;

/** Panels of as many rows of a as one tile has, `tile` tiles from the top, over depths [start, start + depth). */
static void packRows(const Product& p, int64_t tile, int64_t start, int64_t depth, float* panel, bool sumRows) {
  const int64_t row = tile * TILE_ROWS;
  float* whole = paired(p) ? unpaired.of((depth + 1) * TILE_COLUMNS + LANES) : panel;
  pack<TILE_ROWS>(p.a, p.a.data + row * p.a.rowStride + start * p.a.columnStride, p.a.rowStride, p.a.columnStride,
                  std::min<int64_t>(TILE_ROWS, p.m - row), depth, whole);
  if (sumRows) {
    float sums[TILE_ROWS] = {};
    for (int64_t d = 0; d < depth; d++)
      for (int r = 0; r < TILE_ROWS; r++) sums[r] += whole[d * TILE_ROWS + r];
    for (int64_t r = 0; r < TILE_ROWS && row + r < p.m; r++)
      p.rowSums[row + r] = sums[r] + (start == 0 ? 0 : p.rowSums[row + r]);
  }
  if (whole != panel) pair<TILE_ROWS>(whole, depth, panel);
}

static void packColumns(const Product& p, int64_t column, int64_t start, int64_t depth, float* panel) {
  float* whole = paired(p) ? unpaired.of((depth + 1) * TILE_COLUMNS + LANES) : panel;
  pack<TILE_COLUMNS>(p.b, p.b.data + start * p.b.rowStride + column * p.b.columnStride, p.b.columnStride, p.b.rowStride,
                     std::min<int64_t>(TILE_COLUMNS, p.n - column), depth, whole);
  if (whole != panel) pair<TILE_COLUMNS>(whole, depth, panel);
}

/** The tiles [from, to) of the product with panels of b [columns][words][TILE_COLUMNS], over depths [start, start + depth). */
template <bool PAIRED>
static void multiplyTiles(const Product& p, const float* panels, int64_t from, int64_t to, int64_t firstColumn,
                          int64_t lastColumn, int64_t start, int64_t depth, bool sumRows) {
  const int64_t words = wordsOf(p, depth);
  float* space = panelsOfA.of((to - from) * TILE_ROWS * words + LANES);
  for (int64_t t = from; t < to; t++) packRows(p, t, start, depth, space + (t - from) * TILE_ROWS * words, sumRows);
  const bool first = start == 0, last = start + depth == p.k;
  Vec acc[TILE_ROWS][TILE_VECS];
  for (int64_t column = firstColumn; column < lastColumn; column += TILE_COLUMNS)
    for (int64_t t = from; t < to; t++) {
      const int64_t row = t * TILE_ROWS;
      prefetchTile(p, row, column);
      multiplyRowsOfTile<PAIRED>(p.m - row, words, space + (t - from) * TILE_ROWS * words, panels + column * words, acc);
      if (column + TILE_COLUMNS <= p.n) finishTile<true>(p, acc, row, column, first, last);
      else finishTile<false>(p, acc, row, column, first, last);
    }
}

static void multiplyTiles(const Product& p, const float* panels, int64_t from, int64_t to, int64_t firstColumn,
                          int64_t lastColumn, int64_t start, int64_t depth, bool sumRows) {
  if (paired(p)) multiplyTiles<PAIRS>(p, panels, from, to, firstColumn, lastColumn, start, depth, sumRows);
  else multiplyTiles<false>(p, panels, from, to, firstColumn, lastColumn, start, depth, sumRows);
}

/** A product on the calling thread alone, for the many small ones of attention. */
static void multiplyHere(const Product& p) {
  const int64_t columns = roundUp(p.n, TILE_COLUMNS), tiles = (p.m + TILE_ROWS - 1) / TILE_ROWS;
  const int64_t most = depthAtOnce(p);
  for (int64_t start = 0; start < p.k; start += most) {
    const int64_t depth = std::min(most, p.k - start), words = wordsOf(p, depth);
    float* b = panelsOfB.of(columns * words + LANES);
    for (int64_t column = 0; column < columns; column += TILE_COLUMNS) packColumns(p, column, start, depth, b + column * words);
    for (int64_t tile = 0; tile < tiles; tile += 8)
      multiplyTiles(p, b, tile, std::min(tiles, tile + 8), 0, columns, start, depth, p.rowSums != nullptr);
  }
}

/** A product on all threads. Rows are shared out; where there are few, columns as well. */
static void multiply(const Product& p) {
  const int64_t columns = roundUp(p.n, TILE_COLUMNS);
  const int64_t threads = frostkit::threads();
  const int64_t tiles = (p.m + TILE_ROWS - 1) / TILE_ROWS;
  const int64_t most = depthAtOnce(p);
  // Panels of a that together fill half of a second-level cache, and some work for each thread to choose from.
  const int64_t fitting = 131072 / (TILE_ROWS * wordsOf(p, most));
  const int64_t share = std::max<int64_t>(1, std::min(fitting, tiles / (4 * threads)));
  // Equal shares for all threads, so that none waits for another's last.
  const int64_t chunks = std::min(tiles, roundUp((tiles + share - 1) / share, threads));
  const int64_t strips = std::max<int64_t>(1, std::min(columns / TILE_COLUMNS, (2 * threads + chunks - 1) / chunks));
  const int64_t strip = roundUp((columns + strips - 1) / strips, TILE_COLUMNS);
  float* b = panelsOfB.of(columns * wordsOf(p, most) + LANES);
  for (int64_t start = 0; start < p.k; start += most) {
    const int64_t depth = std::min(most, p.k - start), words = wordsOf(p, depth);
    constexpr int64_t PANELS = 4;
    frostkit::parallel((columns / TILE_COLUMNS + PANELS - 1) / PANELS, [&](int64_t i) {
      const int64_t end = std::min(columns, (i + 1) * PANELS * TILE_COLUMNS);
      for (int64_t column = i * PANELS * TILE_COLUMNS; column < end; column += TILE_COLUMNS)
        packColumns(p, column, start, depth, b + column * words);
    });
    frostkit::parallel(chunks * strips, [&](int64_t i) {
      const int64_t chunk = i / strips, column = i % strips * strip;
      if (column >= columns) return;
      multiplyTiles(p, b, chunk * tiles / chunks, (chunk + 1) * tiles / chunks, column, std::min(columns, column + strip),
                    start, depth, p.rowSums != nullptr && column == 0);
    });
  }
}

}
