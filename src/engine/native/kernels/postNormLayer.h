// The forward of a whole encoder layer, some texts at a time: intermediates then stay in the cache of the thread that computes them,
// where op by op they would go through memory that all threads share. The numbers are those of the single ops, bit for bit.
#pragma once
#include <list>

#include "attention.h"
#include "norm.h"

namespace FROSTKIT_ISA {

static thread_local Buffer layerBuffer;

/** Caches the packed weights of layers that may run again with the same weights, as frozen ones do, up to MOST floats. */
class PanelCache {
 public:
  /** Memory of so many floats for the panels of a layer's weights, and whether they are still to be filled. */
  std::pair<float*, bool> of(const PostNormLayer& p, int64_t floats) {
    if (p.key == 0) return {passing_.of(floats), true};
    for (Layer& layer : layers_)
      if (layer.key == p.key && std::equal(p.weight, p.weight + POST_NORM_PRODUCTS, layer.weight))
        return {layer.buffer.of(floats), false};
    if (total_ + floats <= MOST || layers_.empty()) {
      layers_.emplace_back();
      total_ += floats;
    } else layers_.splice(layers_.end(), layers_, layers_.begin()); // the oldest makes room
    Layer& layer = layers_.back();
    layer.key = p.key;
    std::copy(p.weight, p.weight + POST_NORM_PRODUCTS, layer.weight);
    return {layer.buffer.of(floats), true};
  }

 private:
  struct Layer {
    int64_t key;
    const float* weight[POST_NORM_PRODUCTS];
    Buffer buffer;
  };

  // 16 MB.
  static constexpr int64_t MOST = 1 << 22;
  std::list<Layer> layers_;
  int64_t total_ = 0;
  Buffer passing_;
};

static thread_local PanelCache panelCache;

/** The layer's products for `rows` rows, with neither input nor output in place. */
struct LayerProducts {
  Product of[POST_NORM_PRODUCTS];

  LayerProducts(const PostNormLayer& p, int64_t rows) {
    for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
      const int64_t n = i == INTERMEDIATE ? p.intermediate : p.hidden, k = i == OUTPUT ? p.intermediate : p.hidden;
      of[i] = {rows, n, k, {nullptr, k, 1, i == OUTPUT ? p.activation : NONE, p.bfloat16}, {p.weight[i], 1, k, NONE, p.bfloat16},
               nullptr, n, 1, p.bias[i], nullptr, NONE, nullptr, nullptr, false};
    }
  }
};

/** How much memory the panels of all the layer's weights take. */
static inline int64_t packedFloats(const LayerProducts& products) {
  int64_t floats = 0;
  for (const Product& product : products.of) floats += packedFloats(product);
  return floats;
}

/** Where each product's panels lie. */
struct LayerPanels {
  float* of[POST_NORM_PRODUCTS];

  LayerPanels(const LayerProducts& products, float* space) {
    for (int i = 0; i < POST_NORM_PRODUCTS; space += packedFloats(products.of[i++])) of[i] = space;
  }
};

static void packLayer(const LayerProducts& products, const LayerPanels& panels) {
  int64_t count = 0;
  for (const Product& product : products.of) count += panelsOf(product);
  frostkit::parallel(count, [&](int64_t panel) {
    int i = 0;
    for (; panel >= panelsOf(products.of[i]); i++) panel -= panelsOf(products.of[i]);
    packAmong(products.of[i], panel, panels.of[i]);
  });
}

/** Into how many parts a layer's texts are divided: an equal number for each thread, so that none waits for another's last. */
static inline int64_t partsOf(const PostNormLayer& p) {
  // So many rows that what is made of them stays in a second-level cache, and two parts for each thread at least.
  const int64_t texts = std::max<int64_t>(1, std::min(144 / p.keys, p.batch / (2 * frostkit::threads())));
  return std::min(p.batch, roundUp((p.batch + texts - 1) / texts, frostkit::threads()));
}

/** The forward of some texts, on the calling thread. */
static void layerForward(const PostNormLayer& p, const LayerPanels& panels, int64_t from, int64_t to) {
  const int64_t first = from * p.keys, rows = (to - from) * p.keys, size = rows * p.hidden, square = p.keys * p.keys;
  LayerProducts products(p, rows);
  float* space = layerBuffer.of(7 * size + rows * (p.intermediate + 1) + square);
  // The rows' place in a tensor that is saved, else in memory of the thread's.
  auto place = [&](float* saved, int64_t width) {
    if (saved) return saved + first * width;
    space += rows * width;
    return space - rows * width;
  };
  auto multiply = [&](int i, const float* a, float* to) {
    products.of[i].a.data = a;
    products.of[i].y = to;
    multiplyPacked(products.of[i], panels.of[i]);
    return to;
  };
  const float* x = p.x + first * p.hidden;
  const float* query = multiply(QUERY, x, place(p.products[QUERY], p.hidden));
  const float* key = multiply(KEY, x, place(p.products[KEY], p.hidden));
  const float* value = multiply(VALUE, x, place(p.products[VALUE], p.hidden));
  float *context = place(p.context, p.hidden), *weights = p.weights ? p.weights + from * p.heads * square : space;
  const Attention heads = {to - from, p.heads, p.keys, p.keys, p.hidden / p.heads, 1, p.scale, p.bfloat16, query, key, value,
                           p.mask + first, p.dropWeights, weights, context, from};
  for (int64_t i = 0; i < heads.batch * heads.heads; i++) attend(heads, i, p.weights ? weights + i * square : weights);
  if (!p.weights) space += square;
  float *summed = place(nullptr, p.hidden), *inner = place(p.inner, p.hidden);
  float* intermediate = place(p.products[INTERMEDIATE], p.intermediate);
  float *normal[2], *scale[2];
  for (int i = 0; i < 2; i++) {
    // Where nothing is saved both norms may use the same memory.
    normal[i] = i == 1 && !p.normal[1] ? normal[0] : place(p.normal[i], p.hidden);
    scale[i] = i == 1 && !p.normScale[1] ? scale[0] : place(p.normScale[i], 1);
  }
  auto norm = [&](int i, const float* of, const float* residual, float* to) {
    normalizeRows({rows, p.hidden, of, residual, p.normWeight[i], p.normBias[i], p.eps[i], p.drop[i], to, normal[i], scale[i], first}, 0,
                  rows);
  };
  norm(0, multiply(ATTENTION_OUTPUT, context, summed), x, inner);
  norm(1, multiply(OUTPUT, multiply(INTERMEDIATE, inner, intermediate), summed), inner, p.y + first * p.hidden);
}

/**
 * y = LayerNorm(drop(output(f(intermediate(h)))) + h) of h = LayerNorm(drop(attentionOutput(attention(x))) + x), as in Vaswani et al.
 * 2017.
 */
static void postNormLayer(const PostNormLayer& p) {
  const LayerProducts products(p, p.batch * p.keys);
  const auto [space, empty] = panelCache.of(p, packedFloats(products));
  const LayerPanels panels(products, space);
  if (empty) packLayer(products, panels);
  const int64_t parts = partsOf(p);
  frostkit::parallel(parts, [&](int64_t i) { layerForward(p, panels, i * p.batch / parts, (i + 1) * p.batch / parts); });
}

}
