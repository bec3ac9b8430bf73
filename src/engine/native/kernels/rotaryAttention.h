// Attention of one dense layer's queries, keys and values with rotary positions (Su et al. 2021), within a window or not (Beltagy et al.
// 2020). A head's queries and keys are turned into memory of the thread's: nothing but the layer's output and the weights is ever kept.
#pragma once
#include "attention.h"

namespace FROSTKIT_ISA {

static thread_local Buffer turnedBuffer;

/** to = x turned by cos and sin, `sign` times the angle, for n rows of a head; features j and j + width / 2 are a pair. */
static inline void turn(const RotaryAttention& p, const float* x, int64_t stride, int64_t n, float sign, float* to, int64_t toStride) {
  const int64_t half = p.width / 2;
  for (int64_t i = 0; i < n; i++, x += stride, to += toStride)
    for (int64_t j = 0; j < half; j += LANES) {
      const int64_t count = half - j;
      const Vec a = load(x + j, count), b = load(x + half + j, count);
      const Vec cos = load(p.cos + i * half + j, count), sin = load(p.sin + i * half + j, count) * splat(sign);
      store(to + j, a * cos - b * sin, count);
      store(to + half + j, b * cos + a * sin, count);
    }
}

/** One head of one text, and a block of its queries [from, from + count) with the keys [first, first + keys) that it sees. */
struct RotaryBlock {
  int64_t from, count, first, keys;
  /** Where the first key's weights lie in a row of them. */
  int64_t column;

  RotaryBlock(const RotaryAttention& p, int64_t start) : from(start) {
    count = std::min(p.block, p.queries - from);
    first = std::max<int64_t>(0, from - p.margin);
    keys = std::min(p.n, from - p.margin + p.keys) - first;
    column = first - (from - p.margin);
  }
};

/** Where a head's queries, keys and values lie in qkv, and its rows of the weights. */
struct RotaryHead {
  int64_t text, hidden, stride, query, key, value, context, weights;

  RotaryHead(const RotaryAttention& p, int64_t i) {
    const int64_t head = i % p.heads;
    text = i / p.heads;
    hidden = p.heads * p.width;
    stride = 3 * hidden;
    query = text * p.n * stride + head * p.width;
    key = query + hidden;
    value = key + hidden;
    context = text * p.queries * hidden + head * p.width;
    weights = i * p.queries * p.keys;
  }
};

static inline void attendTurned(const RotaryAttention& p, int64_t i) {
  const RotaryHead at(p, i);
  float* query = turnedBuffer.of((p.queries + p.n) * p.width);
  float* key = query + p.queries * p.width;
  turn(p, p.qkv + at.query, at.stride, p.queries, 1, query, p.width);
  turn(p, p.qkv + at.key, at.stride, p.n, 1, key, p.width);
  const float scale = 1 / __builtin_sqrtf(p.width);
  for (int64_t from = 0; from < p.queries; from += p.block) {
    const RotaryBlock block(p, from);
    float* weights = p.weights + at.weights + from * p.keys;
    multiplyInto(weights + block.column, p.keys, block.count, block.keys, p.width, rowsOf(query + from * p.width, p.width, p.bfloat16),
                 columnsOf(key + block.first * p.width, p.width, p.bfloat16), scale);
    float* used = p.drop.threshold > 0 ? scoresBuffer.of(block.count * p.keys) : weights;
    for (int64_t row = 0; row < block.count; row++) {
      const int64_t seenFrom = std::max(block.first, from + row - p.reach);
      const int64_t seenTo = std::min(block.first + block.keys, from + row + p.reach + 1);
      const int64_t start = row * p.keys, begin = block.column + seenFrom - block.first, end = begin + seenTo - seenFrom;
      for (float* w : {weights, used}) {
        std::fill(w + start, w + start + begin, 0.f);
        std::fill(w + start + end, w + start + p.keys, 0.f);
      }
      softmaxRow(weights + start + begin, p.mask + at.text * p.n + seenFrom, seenTo - seenFrom, p.drop, used + start + begin,
                 at.weights + (from + row) * p.keys + begin);
    }
    multiplyInto(p.y + at.context + from * at.hidden, at.hidden, block.count, p.width, block.keys,
                 rowsOf(used + block.column, p.keys, p.bfloat16),
                 rowsOf(p.qkv + at.value + block.first * at.stride, at.stride, p.bfloat16));
  }
}

static void rotaryAttention(const RotaryAttention& p) {
  frostkit::parallel(p.batch * p.heads, [&](int64_t i) { attendTurned(p, i); });
}

static inline void attendTurnedGradients(const RotaryAttentionGradients& g, int64_t i) {
  const RotaryAttention& p = g.forward;
  const RotaryHead at(p, i);
  const int64_t ofQueries = p.queries * p.width, ofKeys = p.n * p.width;
  float* query = turnedBuffer.of(2 * (ofQueries + ofKeys));
  float *key = query + ofQueries, *dQuery = key + ofKeys, *dKey = dQuery + ofQueries;
  turn(p, p.qkv + at.query, at.stride, p.queries, 1, query, p.width);
  turn(p, p.qkv + at.key, at.stride, p.n, 1, key, p.width);
  const auto clear = [](float* from, int64_t stride, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; row++) std::fill(from + row * stride, from + row * stride + width, 0.f);
  };
  clear(dKey, p.width, p.n, p.width);
  clear(g.ofQkv + at.value, at.stride, p.n, p.width);
  clear(g.ofQkv + at.query + p.queries * at.stride, at.stride, p.n - p.queries, p.width);
  const float scale = 1 / __builtin_sqrtf(p.width);
  for (int64_t from = 0; from < p.queries; from += p.block) {
    const RotaryBlock block(p, from);
    const float *weights = p.weights + at.weights + from * p.keys, *used = weights;
    const float* dy = g.dy + at.context + from * at.hidden;
    const int64_t index = at.weights + from * p.keys;
    if (p.drop.threshold > 0) {
      float* space = scoresBuffer.of(block.count * p.keys);
      dropped(space, weights, block.count * p.keys, p.drop, index);
      used = space;
    }
    const auto addInto = [&](float* y, int64_t stride, int64_t width, Operand a, Operand b, float scale) {
      multiplyHere({block.keys, width, block.count, a, b, y, stride, scale, nullptr, nullptr, NONE, nullptr, nullptr, true});
    };
    const Operand rowsOfDy = rowsOf(dy, at.hidden, p.bfloat16);
    addInto(g.ofQkv + at.value + block.first * at.stride, at.stride, p.width, columnsOf(used + block.column, p.keys, p.bfloat16), rowsOfDy, 1);
    float* d = gradientsBuffer.of(block.count * p.keys);
    multiplyInto(d + block.column, p.keys, block.count, block.keys, p.width, rowsOfDy,
                 columnsOf(p.qkv + at.value + block.first * at.stride, at.stride, p.bfloat16));
    for (int64_t row = 0; row < block.count; row++) {
      const int64_t start = row * p.keys + block.column;
      softmaxRowGradient(d + start, weights + start, block.keys, p.drop, index + start);
    }
    const Operand rowsOfD = rowsOf(d + block.column, p.keys, p.bfloat16), columnsOfD = columnsOf(d + block.column, p.keys, p.bfloat16);
    multiplyInto(dQuery + from * p.width, p.width, block.count, p.width, block.keys, rowsOfD,
                 rowsOf(key + block.first * p.width, p.width, p.bfloat16), scale);
    addInto(dKey + block.first * p.width, p.width, p.width, columnsOfD, rowsOf(query + from * p.width, p.width, p.bfloat16), scale);
  }
  turn(p, dQuery, p.width, p.queries, -1, g.ofQkv + at.query, at.stride);
  turn(p, dKey, p.width, p.n, -1, g.ofQkv + at.key, at.stride);
}

static void rotaryAttentionGradients(const RotaryAttentionGradients& g) {
  frostkit::parallel(g.forward.batch * g.forward.heads, [&](int64_t i) { attendTurnedGradients(g, i); });
}

}
