// The way back through a whole encoder layer. What a row's gradient is made of lies in that row alone, but for attention, which needs
// its text: so some texts go all the way back at a time, out of and into the cache of one thread. The weights' gradients are sums over
// all rows, and come last.
#pragma once
#include "postNormLayer.h"

namespace FROSTKIT_ISA {

static thread_local Buffer backBuffer, backPanels;

/** The products from what came out of each dense layer back to what went in, with neither in place. */
static inline LayerProducts backProducts(const PostNormLayer& p, int64_t rows) {
  LayerProducts back(p, rows);
  for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
    const int64_t out = back.of[i].n, in = back.of[i].k;
    back.of[i] = {rows, in, out, {nullptr, out, 1, NONE, p.bfloat16}, {p.weight[i], in, 1, NONE, p.bfloat16}, nullptr, in, 1,
                  nullptr, nullptr, NONE, nullptr, nullptr, false};
  }
  return back;
}

/** Where the gradients of what came out of each dense layer lie, one matrix after the other. */
struct Outward {
  float* of[POST_NORM_PRODUCTS];
  int64_t width[POST_NORM_PRODUCTS];

  explicit Outward(const PostNormLayerGradients& p) {
    float* next = p.passing;
    for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
      of[i] = next;
      width[i] = i == WIDEN ? p.layer.wide : p.layer.hidden;
      next += p.layer.batch * p.layer.keys * width[i];
    }
  }

  float* row(int i, int64_t row) const { return of[i] + row * width[i]; }
};

/** Some texts' way back, on the calling thread; `sums` takes in the gradients of both norms' weights and biases. */
static void backThroughLayer(const PostNormLayerGradients& g, const LayerPanels& panels, const Outward& outward, int64_t from,
                             int64_t to, float* sums) {
  const PostNormLayer& p = g.layer;
  const int64_t first = from * p.keys, rows = (to - from) * p.keys, size = rows * p.hidden, start = first * p.hidden;
  LayerProducts back = backProducts(p, rows);
  float* space = backBuffer.of(2 * size);
  float *residual = space, *inner = space + size;
  auto normBack = [&](int i, const float* dy, float* ofX) {
    float* ofWeight = sums + 2 * i * p.hidden;
    normalizedRowsGradients({rows, p.hidden, dy, p.normal[i] + start, p.normScale[i] + first, p.normWeight[i], p.drop[i], ofX, residual,
                             nullptr, nullptr, first},
                            0, rows, ofWeight, ofWeight + p.hidden);
  };
  auto multiply = [&](int i, float* to) {
    back.of[i].a.data = outward.row(i, first);
    back.of[i].y = to;
    multiplyPacked(back.of[i], panels.of[i]);
    return to;
  };
  normBack(1, g.dy + start, outward.row(NARROW, first));
  back.of[NARROW].slope = p.activation;
  back.of[NARROW].slopeOf = p.made[WIDEN] + first * p.wide;
  multiply(NARROW, outward.row(WIDEN, first));
  back.of[WIDEN].add = residual;
  multiply(WIDEN, inner);
  normBack(0, inner, outward.row(ATTENDED, first));
  const float* ofContext = multiply(ATTENDED, inner);
  const AttentionGradients heads = {to - from, p.heads, p.keys, p.keys, p.hidden / p.heads, p.scale, p.bfloat16, ofContext,
                                    p.made[QUERY] + start, p.made[KEY] + start, p.made[VALUE] + start,
                                    p.weights + from * p.heads * p.keys * p.keys, p.dropWeights, outward.row(QUERY, first),
                                    outward.row(KEY, first), outward.row(VALUE, first), from};
  for (int64_t i = 0; i < heads.batch * heads.heads; i++) attendGradients(heads, i);
  if (!g.ofX) return;
  back.of[QUERY].add = residual;
  back.of[KEY].accumulate = back.of[VALUE].accumulate = true;
  for (int i : {QUERY, KEY, VALUE}) multiply(i, g.ofX + start);
}

/** The gradients of a layer's input, where it is wanted, and of all its parameters. */
static void postNormLayerGradients(const PostNormLayerGradients& g) {
  const PostNormLayer& p = g.layer;
  const int64_t rows = p.batch * p.keys, parts = partsOf(p);
  const LayerProducts back = backProducts(p, rows);
  const LayerPanels panels(back, backPanels.of(packedFloats(back)));
  packLayer(back, panels);
  const Outward outward(g);
  const int64_t stride = 4 * p.hidden;
  std::vector<float> sums(parts * stride);
  frostkit::parallel(parts, [&](int64_t i) {
    backThroughLayer(g, panels, outward, i * p.batch / parts, (i + 1) * p.batch / parts, sums.data() + i * stride);
  });
  for (int i = 0; i < 2; i++) {
    addUp(sums.data() + 2 * i * p.hidden, parts, stride, g.ofNormWeight[i], p.hidden);
    addUp(sums.data() + (2 * i + 1) * p.hidden, parts, stride, g.ofNormBias[i], p.hidden);
  }
  const float* const inputs[POST_NORM_PRODUCTS] = {p.x, p.x, p.x, p.context, p.inner, p.made[WIDEN]};
  for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
    const int64_t out = back.of[i].k, in = back.of[i].n;
    multiply({out, in, rows, {outward.of[i], 1, out, NONE, p.bfloat16}, {inputs[i], in, 1, i == NARROW ? p.activation : NONE, p.bfloat16},
              g.ofWeight[i], in, 1, nullptr, nullptr, NONE, nullptr, g.ofBias[i], false});
  }
}

}
