// The backward of a whole encoder layer. Except in attention, which needs its whole text, a row's gradient depends on that row alone: so
// a thread takes some texts through all of it, and what it computes stays in its cache. The gradients of the weights are sums over all
// rows, and come last.
#pragma once
#include "postNormLayer.h"

namespace FROSTKIT_ISA {

static thread_local Buffer backwardBuffer, backwardPanels;

/** The products that make the gradient of each dense layer's input of that of its output, with neither in place. */
static inline LayerProducts gradientProducts(const PostNormLayer& p, int64_t rows) {
  LayerProducts products(p, rows);
  for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
    const int64_t out = products.of[i].n, in = products.of[i].k;
    products.of[i] = {rows, in, out, {nullptr, out, 1, NONE, p.bfloat16}, {p.weight[i], in, 1, NONE, p.bfloat16}, nullptr, in, 1,
                      nullptr, nullptr, NONE, nullptr, nullptr, false};
  }
  return products;
}

/** Where the gradients of the dense layers' outputs lie, one matrix after the other. */
struct OutputGradients {
  float* of[POST_NORM_PRODUCTS];
  int64_t width[POST_NORM_PRODUCTS];

  explicit OutputGradients(const PostNormLayerGradients& p) {
    float* next = p.passing;
    for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
      of[i] = next;
      width[i] = i == INTERMEDIATE ? p.layer.intermediate : p.layer.hidden;
      next += p.layer.batch * p.layer.keys * width[i];
    }
  }

  float* row(int i, int64_t row) const { return of[i] + row * width[i]; }
};

/** The backward of some texts, on the calling thread; the gradients of both norms' weights and biases are added to `sums`. */
static void layerBackward(const PostNormLayerGradients& g, const LayerPanels& panels, const OutputGradients& ofOutputs, int64_t from,
                          int64_t to, float* sums) {
  const PostNormLayer& p = g.layer;
  const int64_t first = from * p.keys, rows = (to - from) * p.keys, size = rows * p.hidden, start = first * p.hidden;
  LayerProducts products = gradientProducts(p, rows);
  float* space = backwardBuffer.of(2 * size);
  float *residual = space, *inner = space + size;
  auto normBackward = [&](int i, const float* dy, float* ofX) {
    float* ofWeight = sums + 2 * i * p.hidden;
    normalizedRowsGradients({rows, p.hidden, dy, p.normal[i] + start, p.normScale[i] + first, p.normWeight[i], nullptr, p.drop[i], ofX, residual,
                             nullptr, nullptr, first},
                            0, rows, ofWeight, ofWeight + p.hidden);
  };
  auto multiply = [&](int i, float* to) {
    products.of[i].a.data = ofOutputs.row(i, first);
    products.of[i].y = to;
    multiplyPacked(products.of[i], panels.of[i]);
    return to;
  };
  normBackward(1, g.dy + start, ofOutputs.row(OUTPUT, first));
  products.of[OUTPUT].slope = p.activation;
  products.of[OUTPUT].slopeOf = p.products[INTERMEDIATE] + first * p.intermediate;
  multiply(OUTPUT, ofOutputs.row(INTERMEDIATE, first));
  products.of[INTERMEDIATE].add = residual;
  multiply(INTERMEDIATE, inner);
  normBackward(0, inner, ofOutputs.row(ATTENTION_OUTPUT, first));
  const float* ofContext = multiply(ATTENTION_OUTPUT, inner);
  const AttentionGradients heads = {to - from, p.heads, p.keys, p.keys, p.hidden / p.heads, p.scale, p.bfloat16, ofContext,
                                    p.products[QUERY] + start, p.products[KEY] + start, p.products[VALUE] + start,
                                    p.weights + from * p.heads * p.keys * p.keys, p.dropWeights, ofOutputs.row(QUERY, first),
                                    ofOutputs.row(KEY, first), ofOutputs.row(VALUE, first), from};
  for (int64_t i = 0; i < heads.batch * heads.heads; i++) attendGradients(heads, i);
  if (!g.ofX) return;
  products.of[QUERY].add = residual;
  products.of[KEY].accumulate = products.of[VALUE].accumulate = true;
  for (int i : {QUERY, KEY, VALUE}) multiply(i, g.ofX + start);
}

/** The gradients of a layer's input, where it is wanted, and of all its parameters. */
static void postNormLayerGradients(const PostNormLayerGradients& g) {
  const PostNormLayer& p = g.layer;
  const int64_t rows = p.batch * p.keys, parts = partsOf(p);
  const LayerProducts products = gradientProducts(p, rows);
  const LayerPanels panels(products, backwardPanels.of(packedFloats(products)));
  packLayer(products, panels);
  const OutputGradients ofOutputs(g);
  const int64_t stride = 4 * p.hidden;
  std::vector<float> sums(parts * stride);
  frostkit::parallel(parts, [&](int64_t i) {
    layerBackward(g, panels, ofOutputs, i * p.batch / parts, (i + 1) * p.batch / parts, sums.data() + i * stride);
  });
  for (int i = 0; i < 2; i++) {
    addUp(sums.data() + 2 * i * p.hidden, parts, stride, g.ofNormWeight[i], p.hidden);
    addUp(sums.data() + (2 * i + 1) * p.hidden, parts, stride, g.ofNormBias[i], p.hidden);
  }
  const float* const inputs[POST_NORM_PRODUCTS] = {p.x, p.x, p.x, p.context, p.inner, p.products[INTERMEDIATE]};
  for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
    const int64_t out = products.of[i].k, in = products.of[i].n;
    multiply({out, in, rows, {ofOutputs.of[i], 1, out, NONE, p.bfloat16}, {inputs[i], in, 1, i == OUTPUT ? p.activation : NONE, p.bfloat16},
              g.ofWeight[i], in, 1, nullptr, nullptr, NONE, nullptr, g.ofBias[i], false});
  }
}

}
