#pragma once
#include <vector>

#include "kernels.h"
#include "threads.h"
#include "vector.h"

namespace FROSTKIT_ISA {

constexpr int64_t ADAM_PART = 1 << 15;

/** One update of AdamW (Loshchilov and Hutter 2019, as torch.optim.AdamW computes it) of many parameters. */
static void adamW(const AdamW* all, int64_t count) {
  std::vector<std::pair<int64_t, int64_t>> parts;
  for (int64_t i = 0; i < count; i++)
    for (int64_t start = 0; start < all[i].size; start += ADAM_PART) parts.push_back({i, start});
  frostkit::parallel(parts.size(), [&](int64_t part) {
    const AdamW& p = all[parts[part].first];
    const int64_t start = parts[part].second, end = std::min(p.size, start + ADAM_PART);
    for (int64_t i = start; i < end; i += LANES) {
      const int64_t rest = end - i;
      const Vec g = load(p.gradient + i, rest) * splat(p.gradientScale);
      const Vec mean = load(p.mean + i, rest) * splat(p.b1) + g * splat(1 - p.b1);
      const Vec square = load(p.square + i, rest) * splat(p.b2) + g * g * splat(1 - p.b2);
      const Vec move = mean / (squareRoot(square) * splat(p.rootScale) + splat(p.eps));
      store(p.mean + i, mean, rest);
      store(p.square + i, square, rest);
      store(p.updated + i, load(p.value + i, rest) * splat(p.keep) - move * splat(p.stepSize), rest);
    }
  });
}

/** Σ x² over many arrays, summed up in float64. */
static double sumOfSquares(const float* const* arrays, const int64_t* sizes, int64_t count) {
  std::vector<std::pair<int64_t, int64_t>> parts;
  for (int64_t i = 0; i < count; i++)
    for (int64_t start = 0; start < sizes[i]; start += ADAM_PART) parts.push_back({i, start});
  std::vector<double> sums(parts.size());
  frostkit::parallel(parts.size(), [&](int64_t part) {
    const int64_t i = parts[part].first, start = parts[part].second, end = std::min(sizes[i], start + ADAM_PART);
    Vec total = {};
    for (int64_t j = start; j < end; j += LANES) {
      const Vec x = load(arrays[i] + j, end - j);
      total += x * x;
    }
    sums[part] = sum(total);
  });
  double total = 0;
  for (double part : sums) total += part;
  return total;
}

}
