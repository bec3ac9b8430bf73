#pragma once
#include <vector>

#include "dropout.h"

namespace FROSTKIT_ISA {

/** Rows that one part of the work takes: some tens of microseconds of it. */
static inline int64_t rowsPerPart(int64_t rows, int64_t width) {
  const int64_t few = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, width));
  return std::max<int64_t>(1, std::min(few, (rows + frostkit::threads() - 1) / frostkit::threads()));
}

/** y = LayerNorm(drop(x) + residual) for rows [from, to). */
static inline void normalizeRows(const Norm& p, int64_t from, int64_t to) {
  for (int64_t row = from; row < to; row++) {
    const int64_t start = row * p.width;
    float* normal = p.normal + start;
    Vec total = {};
    for (int64_t j = 0; j < p.width; j += LANES) {
      const int64_t count = p.width - j;
      Vec x = load(p.x + start + j, count);
      if (p.drop.threshold > 0) x *= maskAt(p.drop, p.first * p.width + start + j);
      if (p.residual) x += load(p.residual + start + j, count);
      store(normal + j, x, count);
      total += load(normal + j, count);
    }
    const float mean = sum(total) / p.width;
    Vec squares = {};
    for (int64_t j = 0; j < p.width; j += LANES) {
      const int64_t count = p.width - j;
      // Lanes beyond the row's end must not count: there the mean is taken off a 0.
      float centred[LANES];
      store(centred, load(normal + j, count) - splat(mean));
      const Vec x = load(centred, count);
      squares += x * x;
    }
    const float scale = 1 / __builtin_sqrtf(sum(squares) / p.width + p.eps);
    p.scale[row] = scale;
    for (int64_t j = 0; j < p.width; j += LANES) {
      const int64_t count = p.width - j;
      const Vec weight = load(p.weight + j, count), bias = p.bias ? load(p.bias + j, count) : Vec{};
      const Vec x = (load(normal + j, count) - splat(mean)) * splat(scale);
      store(normal + j, x, count);
      store(p.y + start + j, x * weight + bias, count);
    }
  }
}

static void layerNorm(const Norm& p) {
  const int64_t part = rowsPerPart(p.rows, p.width);
  frostkit::parallel((p.rows + part - 1) / part, [&](int64_t i) { normalizeRows(p, i * part, std::min(p.rows, (i + 1) * part)); });
}

/** The gradients of what rows [from, to) read; those of weight and bias are added to `ofWeight` and `ofBias`, if wanted. */
static inline void normalizedRowsGradients(const NormGradients& p, int64_t from, int64_t to, float* ofWeight, float* ofBias) {
  for (int64_t row = from; row < to; row++) {
    const int64_t start = row * p.width;
    const float *dy = p.dy + start, *normal = p.normal + start;
    Vec total = {}, along = {};
    for (int64_t j = 0; j < p.width; j += LANES) {
      const int64_t count = p.width - j;
      const Vec g = load(dy + j, count), x = load(normal + j, count);
      if (ofWeight) {
        store(ofWeight + j, load(ofWeight + j, count) + g * x, count);
        store(ofBias + j, load(ofBias + j, count) + g, count);
      }
      const Vec d = g * load(p.weight + j, count);
      total += d;
      along += d * x;
    }
    if (!p.ofX && !p.ofResidual) continue;
    const Vec mean = splat(sum(total) / p.width), slope = splat(sum(along) / p.width), scale = splat(p.scale[row]);
    for (int64_t j = 0; j < p.width; j += LANES) {
      const int64_t count = p.width - j;
      const Vec d = load(dy + j, count) * load(p.weight + j, count);
      const Vec dx = scale * (d - mean - load(normal + j, count) * slope);
      if (p.ofResidual) store(p.ofResidual + start + j, dx, count);
      if (!p.ofX) continue;
      const Vec x = p.drop.threshold > 0 ? dx * maskAt(p.drop, p.first * p.width + start + j) : dx;
      store(p.ofX + start + j, p.add ? x + load(p.add + start + j, count) : x, count);
    }
  }
}

/** to[j] = Σ of what `parts` hold at j, one after the other `stride` apart. */
static inline void addUp(const float* parts, int64_t count, int64_t stride, float* to, int64_t width) {
  for (int64_t j = 0; j < width; j++) {
    float total = 0;
    for (int64_t i = 0; i < count; i++) total += parts[i * stride + j];
    to[j] = total;
  }
}

/** The gradients of what `layerNorm` read; those whose pointer is null are not computed. */
static void layerNormGradients(const NormGradients& p) {
  const int64_t threads = frostkit::threads();
  const bool sums = p.ofWeight || p.ofBias;
  // Each thread adds up its own rows' part of the weight's and the bias' gradient; the order is fixed, so are the sums.
  const int64_t parts = std::min(p.rows, threads), part = (p.rows + parts - 1) / parts;
  std::vector<float> partial(sums ? 2 * parts * p.width : 0);
  frostkit::parallel(parts, [&](int64_t i) {
    float* ofWeight = sums ? partial.data() + 2 * i * p.width : nullptr;
    normalizedRowsGradients(p, i * part, std::min(p.rows, (i + 1) * part), ofWeight, sums ? ofWeight + p.width : nullptr);
  });
  if (p.ofWeight) addUp(partial.data(), parts, 2 * p.width, p.ofWeight, p.width);
  if (p.ofBias) addUp(partial.data() + p.width, parts, 2 * p.width, p.ofBias, p.width);
}

}
