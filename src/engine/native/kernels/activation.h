#pragma once
#include <type_traits>

#include "kernels.h"
#include "vector.h"

namespace FROSTKIT_ISA {

/** Elementwise functions by the numbers that ops/activations gives them. */
enum Activation { NONE = 0, GELU = 1, GELU_TANH = 2, RELU = 3, SILU = 4 };

/** Φ(x) = (1 + erf(x / √2)) / 2, erf by Eigen's rational minimax approximation (generic_fast_erf_float, MathFunctionsImpl.h). */
static inline Vec normalDistribution(Vec x) {
  const Vec z = larger(smaller(x * splat(0.7071067812f), splat(4.f)), splat(-4.f));
  const Vec s = z * z;
  Vec above = splat(-2.72614225801306e-10f);
  above = above * s + splat(2.77068142495902e-8f);
  above = above * s + splat(-2.10102402082508e-6f);
  above = above * s + splat(-5.69250639462346e-5f);
  above = above * s + splat(-7.34990630326855e-4f);
  above = above * s + splat(-2.95459980854025e-3f);
  above = above * s + splat(-1.60960333262415e-2f);
  Vec below = splat(-1.45660718464996e-5f);
  below = below * s + splat(-2.13374055278905e-4f);
  below = below * s + splat(-1.68282697438203e-3f);
  below = below * s + splat(-7.37332916720468e-3f);
  below = below * s + splat(-1.42647390514189e-2f);
  return splat(0.5f) + splat(0.5f) * (z * above / below);
}

static inline Vec sigmoid(Vec x) { return splat(1.f) / (splat(1.f) + exponential(-x)); }

/** tanh(√(2/π) · (x + 0.044715 x³)) as 2 σ(2 ·) - 1. */
static inline Vec innerTanh(Vec x) {
  return splat(2.f) * sigmoid(splat(2 * 0.7978845608f) * x * (splat(1.f) + splat(0.044715f) * x * x)) - splat(1.f);
}

template <int F>
static inline Vec activate(Vec x) {
  if (F == GELU) return x * normalDistribution(x);
  if (F == GELU_TANH) return splat(0.5f) * x * (splat(1.f) + innerTanh(x));
  if (F == RELU) return x < Vec{} ? Vec{} : x;
  if (F == SILU) return x * sigmoid(x);
  return x;
}

/** The derivative at x. */
template <int F>
static inline Vec slope(Vec x) {
  if (F == GELU)
    return normalDistribution(x) + x * splat(0.3989422804f) * exponential(splat(-0.5f) * x * x);
  if (F == GELU_TANH) {
    const Vec t = innerTanh(x);
    const Vec inner = splat(0.7978845608f) * (splat(1.f) + splat(3 * 0.044715f) * x * x);
    return splat(0.5f) * (splat(1.f) + t + x * inner * (splat(1.f) - t * t));
  }
  if (F == RELU) return x > Vec{} ? splat(1.f) : Vec{};
  if (F == SILU) {
    const Vec s = sigmoid(x);
    return s * (splat(1.f) + x * (splat(1.f) - s));
  }
  return splat(1.f);
}

/** Calls `run` with an activation that is known when the program runs, whether it is gated or not. */
template <class Run>
static inline auto withActivation(int f, Run&& run) {
  switch (f & ~kGated) {
    case GELU: return run(std::integral_constant<int, GELU>{});
    case GELU_TANH: return run(std::integral_constant<int, GELU_TANH>{});
    case RELU: return run(std::integral_constant<int, RELU>{});
    case SILU: return run(std::integral_constant<int, SILU>{});
    default: return run(std::integral_constant<int, NONE>{});
  }
}

static inline Vec slopeOf(int f, Vec x) {
  return withActivation(f, [x](auto f) { return slope<f>(x); });
}

static inline Vec activationOf(int f, Vec x) {
  return withActivation(f, [x](auto f) { return activate<f>(x); });
}

}
