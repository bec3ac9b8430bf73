#pragma once
#include "kernels.h"

extern const Kernels frostkit_kernels_base;
#if defined(__x86_64__)
extern const Kernels frostkit_kernels_v3, frostkit_kernels_v4, frostkit_kernels_v4bf16;
#endif

namespace {

/** The kernels for the instructions that this processor has. */
const Kernels& kernels() {
  static const Kernels* const chosen = [] {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    if (v4 && __builtin_cpu_supports("avx512bf16")) return &frostkit_kernels_v4bf16;
    if (v4) return &frostkit_kernels_v4;
    if (v3) return &frostkit_kernels_v3;
#endif
    return &frostkit_kernels_base;
  }();
  return *chosen;
}

Dropout dropout(float rate, const int32_t* seed) {
  return {seed ? static_cast<uint32_t>(*seed) : 0, rate * 16777216.f, 1 / (1 - rate)};
}

}
