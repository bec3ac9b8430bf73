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
#include "buffer.h"
#include "threads.h"
#include "tile.h"

namespace FROSTKIT_ISA {

// How far a tile sums up before it is put down, in words of 4 bytes: longer than most layers are wide, since to put it down and take it
// up again costs more than to read the panels from a second-level cache.
constexpr int64_t DEPTH = 1024;

static inline int64_t roundUp(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

static thread_local Buffer preparedRows, panelsOfB;

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
