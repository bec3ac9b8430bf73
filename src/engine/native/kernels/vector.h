// Vectors of the widest kind that this compilation may use, in GCC's and clang's own notation. Each instruction set compiles the
// kernels once more, in a namespace of its own: see instructionSets in compileKernels.ts.
#pragma once
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include <cstdint>
#include <cstring>

namespace FROSTKIT_ISA {

#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX2__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif

typedef float Vec __attribute__((vector_size(LANES * 4)));
typedef int32_t IntVec __attribute__((vector_size(LANES * 4)));
typedef uint32_t UintVec __attribute__((vector_size(LANES * 4)));
typedef float Unaligned __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

static inline Vec splat(float x) { return x - Vec{}; }
static inline Vec load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
static inline void store(float* to, Vec x) { *reinterpret_cast<Unaligned*>(to) = x; }

/** The first `count` elements, 0 in the other lanes. */
static inline Vec load(const float* from, int64_t count) {
  if (count >= LANES) return load(from);
#if defined(__AVX512F__)
  return (Vec)_mm512_maskz_loadu_ps((1u << count) - 1, from);
#else
  Vec x = {};
  memcpy(&x, from, count * 4);
  return x;
#endif
}

static inline void store(float* to, Vec x, int64_t count) {
  if (count >= LANES) return store(to, x);
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, (1u << count) - 1, (__m512)x);
#else
  memcpy(to, &x, count * 4);
#endif
}

static inline float sum(Vec x) {
  float total = 0;
  for (int i = 0; i < LANES; i++) total += x[i];
  return total;
}

static inline float largest(Vec x) {
  float top = x[0];
  for (int i = 1; i < LANES; i++) top = x[i] > top ? x[i] : top;
  return top;
}

static inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }
static inline Vec smaller(Vec a, Vec b) { return a < b ? a : b; }

static inline Vec squareRoot(Vec x) {
  for (int i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
}

/**
 * exp(x), within 2 units of the last place: 2ⁿ · exp(r) with |r| ≤ ln 2 / 2 and the polynomial of Cephes' expf (Moshier 1992).
 * Where a float32 would lose its precision it is 0 or infinite; NaN stays NaN.
 */
static inline Vec exponential(Vec x) {
  const Vec low = splat(-87.3f), high = splat(88.7f), magic = splat(12582912.f); // 1.5 · 2²³: adding it rounds to an integer
  const Vec bounded = x < low ? low : (x > high ? high : x);
  const Vec shifted = bounded * splat(1.44269504f) + magic;
  const Vec n = shifted - magic;
  Vec r = bounded - n * splat(0.693359375f);
  r = r + n * splat(2.12194440e-4f);
  Vec y = splat(1.9875691500e-4f);
  y = y * r + splat(1.3981999507e-3f);
  y = y * r + splat(8.3334519073e-3f);
  y = y * r + splat(4.1665795894e-2f);
  y = y * r + splat(1.6666665459e-1f);
  y = y * r + splat(5.0000001201e-1f);
  y = y * (r * r) + r + splat(1.f);
  const IntVec exponent = ((IntVec)shifted - (IntVec)magic) << 23;
  const Vec scaled = (Vec)((IntVec)y + exponent);
  return x < low ? Vec{} : (x > high ? splat(__builtin_inff()) : scaled);
}

}
