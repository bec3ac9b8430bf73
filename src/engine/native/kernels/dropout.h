#pragma once
#include <algorithm>

#include "kernels.h"
#include "threads.h"
#include "vector.h"

namespace FROSTKIT_ISA {

/**
 * Elements `index`, `index` + 1, … of a mask for inverted dropout: 0 or 1 / (1 - rate). The last step of MurmurHash3 (Appleby 2011)
 * makes a number of each index and the seed, so that the mask need not be saved: backward computes it again.
 */
static inline Vec maskAt(const Dropout& drop, int64_t index) {
  UintVec x;
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) x[i] = i;
  x = (x + (uint32_t)index) * 0x9e3779b9u ^ drop.seed;
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  x = x ^ (x >> 16);
  // 24 bits, since whole numbers of so many are exact in a float32.
  const Vec draw = __builtin_convertvector((IntVec)(x >> 8), Vec);
  return draw < splat(drop.threshold) ? Vec{} : splat(drop.scale);
}

static void dropoutMask(const Dropout& drop, int64_t size, float* mask) {
  constexpr int64_t PART = 1 << 16;
  frostkit::parallel((size + PART - 1) / PART, [&](int64_t part) {
    const int64_t end = std::min(size, (part + 1) * PART);
    for (int64_t i = part * PART; i < end; i += LANES) store(mask + i, maskAt(drop, i), end - i);
  });
}

}
