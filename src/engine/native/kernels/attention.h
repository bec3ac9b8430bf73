#pragma once
#include "dropout.h"
#include "gemm.h"

namespace FROSTKIT_ISA {

static thread_local Buffer scoresBuffer, gradientsBuffer;

static inline Operand rowsOf(const float* data, int64_t stride, bool bfloat16 = false) { return {data, stride, 1, NONE, bfloat16}; }
static inline Operand columnsOf(const float* data, int64_t stride, bool bfloat16 = false) { return {data, 1, stride, NONE, bfloat16}; }

static inline void multiplyInto(float* y, int64_t stride, int64_t m, int64_t n, int64_t k, Operand a, Operand b, float scale = 1) {
  multiplyHere({m, n, k, a, b, y, stride, scale, nullptr, nullptr, NONE, nullptr, nullptr});
}

/** w = softmax(w + mask), and `used` = drop(w), its elements numbered from `index` on; without dropout nothing is written to `used`. */
static inline void softmaxRow(float* w, const float* mask, int64_t keys, const Dropout& drop, float* used, int64_t index) {
  Vec top = splat(-__builtin_inff());
  for (int64_t j = 0; j < keys; j += LANES) {
    const int64_t count = keys - j;
    float lanes[LANES];
    store(lanes, load(w + j, count) + load(mask + j, count));
    store(w + j, load(lanes), count);
    for (int64_t rest = count; rest < LANES; rest++) lanes[rest] = -__builtin_inff();
    top = larger(top, load(lanes));
  }
  const Vec greatest = splat(largest(top));
  Vec total = {};
  for (int64_t j = 0; j < keys; j += LANES) {
    const int64_t count = keys - j;
    store(w + j, exponential(load(w + j, count) - greatest), count);
    total += load(w + j, count);
  }
  const Vec inverse = splat(1 / sum(total));
  for (int64_t j = 0; j < keys; j += LANES) {
    const int64_t count = keys - j;
    const Vec x = load(w + j, count) * inverse;
    store(w + j, x, count);
    if (drop.threshold > 0) store(used + j, x * maskAt(drop, index + j), count);
  }
}

/** In place: g, the gradient of drop(w) with w = softmax(x), becomes the gradient of x. */
static inline void softmaxRowGradient(float* g, const float* w, int64_t keys, const Dropout& drop, int64_t index) {
  Vec inner = {};
  for (int64_t j = 0; j < keys; j += LANES) {
    const int64_t count = keys - j;
    Vec x = load(g + j, count);
    if (drop.threshold > 0) x *= maskAt(drop, index + j);
    store(g + j, x, count);
    inner += x * load(w + j, count);
  }
  const Vec total = splat(sum(inner));
  for (int64_t j = 0; j < keys; j += LANES) {
    const int64_t count = keys - j;
    store(g + j, load(w + j, count) * (load(g + j, count) - total), count);
  }
}

/** y = drop(w), elements numbered from `index` on. */
static inline void dropped(float* y, const float* w, int64_t size, const Dropout& drop, int64_t index) {
  for (int64_t j = 0; j < size; j += LANES) store(y + j, load(w + j, size - j) * maskAt(drop, index + j), size - j);
}

/** weights = softmax(scale · q kᵀ + mask), y = drop(weights) · v, for the i-th of all texts' heads. */
static inline void attend(const Attention& p, int64_t i, float* weights) {
  const int64_t hidden = p.heads * p.width, text = i / p.heads, head = i % p.heads;
  const float* query = p.query + text * p.queries * hidden + head * p.width;
  const float* key = p.key + text * p.keys * hidden + head * p.width;
  const float* value = p.value + text * p.keys * hidden + head * p.width;
  multiplyInto(weights, p.keys, p.queries, p.keys, p.width, rowsOf(query, hidden, p.bfloat16), columnsOf(key, hidden, p.bfloat16),
               p.scale);
  float* used = p.drop.threshold > 0 ? scoresBuffer.of(p.queries * p.keys) : weights;
  for (int64_t row = 0; row < p.queries; row++) {
    // A mask for each query where it has a row for each, else one for all.
    const float* mask = p.mask + (text * p.maskRows + (p.maskRows > 1 ? row : 0)) * p.keys;
    softmaxRow(weights + row * p.keys, mask, p.keys, p.drop, used + row * p.keys, ((p.first * p.heads + i) * p.queries + row) * p.keys);
  }
  multiplyInto(p.y + text * p.queries * hidden + head * p.width, hidden, p.queries, p.width, p.keys,
               rowsOf(used, p.keys, p.bfloat16), rowsOf(value, hidden, p.bfloat16));
}

static void attention(const Attention& p) {
  frostkit::parallel(p.batch * p.heads, [&](int64_t i) { attend(p, i, p.weights + i * p.queries * p.keys); });
}

/** The gradients of q, k and v for the i-th of all texts' heads; those whose pointer is null are not computed. */
static inline void attendGradients(const AttentionGradients& p, int64_t i) {
  const int64_t hidden = p.heads * p.width, size = p.queries * p.keys, text = i / p.heads, head = i % p.heads;
  const int64_t ofQueries = text * p.queries * hidden + head * p.width, ofKeys = text * p.keys * hidden + head * p.width;
  const int64_t index = (p.first * p.heads + i) * size;
  const float* weights = p.weights + i * size;
  const bool drops = p.drop.threshold > 0;
  if (p.ofValue) {
    const float* used = weights;
    if (drops) {
      float* space = scoresBuffer.of(size);
      dropped(space, weights, size, p.drop, index);
      used = space;
    }
    multiplyInto(p.ofValue + ofKeys, hidden, p.keys, p.width, p.queries, columnsOf(used, p.keys, p.bfloat16),
                 rowsOf(p.dy + ofQueries, hidden, p.bfloat16));
  }
  if (!p.ofQuery && !p.ofKey) return;
  float* d = gradientsBuffer.of(size);
  multiplyInto(d, p.keys, p.queries, p.keys, p.width, rowsOf(p.dy + ofQueries, hidden, p.bfloat16),
               columnsOf(p.value + ofKeys, hidden, p.bfloat16));
  for (int64_t row = 0; row < p.queries; row++)
    softmaxRowGradient(d + row * p.keys, weights + row * p.keys, p.keys, p.drop, index + row * p.keys);
  if (p.ofQuery)
    multiplyInto(p.ofQuery + ofQueries, hidden, p.queries, p.width, p.keys, rowsOf(d, p.keys, p.bfloat16),
                 rowsOf(p.key + ofKeys, hidden, p.bfloat16), p.scale);
  if (p.ofKey)
    multiplyInto(p.ofKey + ofKeys, hidden, p.keys, p.width, p.queries, columnsOf(d, p.keys, p.bfloat16),
                 rowsOf(p.query + ofQueries, hidden, p.bfloat16), p.scale);
}

static void attentionGradients(const AttentionGradients& p) {
  frostkit::parallel(p.batch * p.heads, [&](int64_t i) { attendGradients(p, i); });
}

}
