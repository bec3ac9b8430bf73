// A whole encoder layer on the way forward, some texts at a time: what passes from one product to the next then lies in the cache of the
// thread that made it, where op by op it would go through memory that all share. The same numbers as those of the ops, bit for bit.
#pragma once
#include "attention.h"
#include "norm.h"

namespace FROSTKIT_ISA {

static thread_local Buffer layerBuffer, layerPanels;

/** The layer's products for `rows` rows, with neither input nor output in place. */
struct LayerProducts {
  Product of[POST_NORM_PRODUCTS];

  LayerProducts(const PostNormLayer& p, int64_t rows) {
    for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
      const bool widens = i == WIDEN, narrows = i == NARROW;
      const int64_t n = widens ? p.wide : p.hidden, k = narrows ? p.wide : p.hidden;
      of[i] = {rows, n, k, {nullptr, k, 1, narrows ? p.activation : NONE, p.bfloat16}, {p.weight[i], 1, k, NONE, p.bfloat16},
               nullptr, n, 1, p.bias[i], nullptr, NONE, nullptr, nullptr, false};
    }
  }
};

/** Some texts' way through the layer, on the calling thread. */
static void throughLayer(const PostNormLayer& p, const float* const (&panels)[POST_NORM_PRODUCTS], int64_t from, int64_t to) {
  const int64_t rows = (to - from) * p.keys, size = rows * p.hidden;
  LayerProducts products(p, rows);
  float* const space = layerBuffer.of(6 * size + rows * p.wide + rows + p.keys * p.keys);
  float *query = space, *key = query + size, *value = key + size, *context = value + size, *inner = context + size,
        *normal = inner + size, *wide = normal + size, *scale = wide + rows * p.wide, *weights = scale + rows;
  const float* x = p.x + from * p.keys * p.hidden;
  float* y = p.y + from * p.keys * p.hidden;
  auto multiply = [&](int i, const float* a, float* to) {
    products.of[i].a.data = a;
    products.of[i].y = to;
    multiplyPacked(products.of[i], panels[i]);
  };
  auto norm = [&](int i, const float* of, const float* residual, float* to) {
    normalizeRows({rows, p.hidden, of, residual, p.normWeight[i], p.normBias[i], p.eps[i], {}, to, normal, scale}, 0, rows);
  };
  multiply(QUERY, x, query);
  multiply(KEY, x, key);
  multiply(VALUE, x, value);
  const Attention heads = {to - from, p.heads, p.keys, p.keys, p.hidden / p.heads, 1, p.scale, p.bfloat16, query, key, value,
                           p.mask + from * p.keys, {}, weights, context};
  for (int64_t i = 0; i < heads.batch * heads.heads; i++) attend(heads, i, weights);
  // What attention read is not needed again.
  float* summed = query;
  multiply(ATTENDED, context, summed);
  norm(0, summed, x, inner);
  multiply(WIDEN, inner, wide);
  multiply(NARROW, wide, summed);
  norm(1, summed, inner, y);
}

/** y = LayerNorm(h + narrow(f(widen(h)))) of h = LayerNorm(x + attended(attention(x))) as in Vaswani et al. 2017, without dropout. */
static void postNormLayer(const PostNormLayer& p) {
  const LayerProducts products(p, p.batch * p.keys);
  int64_t floats = 0, count = 0;
  for (const Product& product : products.of) floats += packedFloats(product), count += panelsOf(product);
  float* packed = layerPanels.of(floats);
  float* panels[POST_NORM_PRODUCTS];
  for (int i = 0; i < POST_NORM_PRODUCTS; i++) panels[i] = i == 0 ? packed : panels[i - 1] + packedFloats(products.of[i - 1]);
  frostkit::parallel(count, [&](int64_t panel) {
    int i = 0;
    for (; panel >= panelsOf(products.of[i]); i++) panel -= panelsOf(products.of[i]);
    packAmong(products.of[i], panel, panels[i]);
  });
  // So many rows that what is made of them stays in a second-level cache, and two parts for each thread at least.
  const int64_t texts = std::max<int64_t>(1, std::min(144 / p.keys, p.batch / (2 * frostkit::threads())));
  const float* const read[POST_NORM_PRODUCTS] = {panels[0], panels[1], panels[2], panels[3], panels[4], panels[5]};
  const int64_t parts = (p.batch + texts - 1) / texts;
  frostkit::parallel(parts, [&](int64_t i) { throughLayer(p, read, i * p.batch / parts, (i + 1) * p.batch / parts); });
}

}
