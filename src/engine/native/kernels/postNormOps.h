// A whole encoder layer as ops of TensorFlow: in eval mode, in training, and its backward.
#pragma once
#include <vector>

#include "chosenKernels.h"
#include "opCall.h"
#include "signatures.h"

namespace {

/** Where a layer saves what its backward reads, one thing after the other from `saved` on; returns how many numbers it takes. */
int64_t placeSaved(PostNormLayer& p, float* saved) {
  const int64_t rows = p.batch * p.keys;
  int64_t size = 0;
  auto place = [&](float*& at, int64_t count) {
    at = saved + size;
    size += count;
  };
  for (int i : {QUERY, KEY, VALUE}) place(p.products[i], rows * p.hidden);
  place(p.products[INTERMEDIATE], rows * p.intermediate);
  for (float** each : {&p.context, &p.inner, &p.normal[0], &p.normal[1]}) place(*each, rows * p.hidden);
  for (float*& scale : p.normScale) place(scale, rows);
  place(p.weights, p.batch * p.heads * p.keys * p.keys);
  return size;
}

/** What a layer's forward and backward have in common. `seeds` are those of attention's weights, its output and the layer's. */
template <class Signature>
PostNormLayer layerOf(const Signature& op, const int32_t* seeds) {
  PostNormLayer p = {};
  p.heads = op.heads;
  p.scale = op.scale;
  p.activation = op.activation;
  p.bfloat16 = op.bf16;
  p.dropWeights = dropout(op.weightsRate, seeds);
  p.drop[0] = dropout(op.innerRate, seeds + 1);
  p.drop[1] = dropout(op.rate, seeds + 2);
  return p;
}

/** A layer as in eval mode, or, where `TRAINS`, one that also gives what backward reads. */
template <class Signature, bool TRAINS>
struct PostNorm : Signature {
  using Signature::Signature;

  void run(Call& call) const {
    TF_Tensor *x = call.input(this->inX()), *mask = call.input(this->inMask());
    TF_Tensor* intermediate = call.input(this->inParameters(INTERMEDIATE));
    const int32_t* numbers = call.data<const int32_t>(this->inNumbers());
    if (!call.ok()) return;
    PostNormLayer p = layerOf(*this, numbers + 2);
    p.eps[0] = this->innerEps;
    p.eps[1] = this->eps;
    p.batch = rows(mask);
    p.hidden = columns(x);
    p.keys = rows(x) / p.batch;
    p.intermediate = rows(intermediate);
    p.x = call.data(x);
    p.mask = call.data(mask);
    p.key = numbers[0] * (int64_t{1} << 32) + numbers[1];
    int next = 0;
    const auto parameter = [&] { return call.data(this->inParameters(next++)); };
    for (const float*& weight : p.weight) weight = parameter();
    for (const float*& bias : p.bias) bias = parameter();
    for (int i = 0; i < 2; i++) {
      p.normWeight[i] = parameter();
      p.normBias[i] = parameter();
    }
    p.y = call.output(this->outY(), {rows(x), p.hidden});
    if constexpr (TRAINS) placeSaved(p, call.output(this->outSaved(), {placeSaved(p, nullptr)}));
    if (call.ok()) kernels().postNormLayer(p);
  }
};

using PostNormEval = PostNorm<signatures::PostNormLayer, false>;
using PostNormTraining = PostNorm<signatures::PostNormLayerTraining, true>;

/** The backward of a whole layer. */
struct PostNormGrad : signatures::PostNormLayerGrad {
  using signatures::PostNormLayerGrad::PostNormLayerGrad;

  void run(Call& call) const {
    TF_Tensor *x = call.input(inX()), *intermediate = call.input(inParameters(INTERMEDIATE));
    const int32_t* seeds = call.data<const int32_t>(inSeeds());
    if (!call.ok()) return;
    PostNormLayerGradients g = {layerOf(*this, seeds)};
    PostNormLayer& p = g.layer;
    p.batch = batch;
    p.hidden = columns(x);
    p.keys = rows(x) / p.batch;
    p.intermediate = rows(intermediate);
    g.dy = call.data(inDy());
    p.x = call.data(x);
    placeSaved(p, call.data<float>(inSaved()));
    int next = 0;
    for (const float*& weight : p.weight) weight = call.data(inParameters(next++));
    for (const float*& weight : p.normWeight) weight = call.data(inParameters(next++));
    g.ofX = call.output(outX(), {rows(x), p.hidden}, ofX);
    int done = 0;
    const auto gradient = [&](const std::vector<int64_t>& shape) { return call.output(outGradients(done++), shape); };
    for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
      const int64_t out = i == INTERMEDIATE ? p.intermediate : p.hidden, in = i == OUTPUT ? p.intermediate : p.hidden;
      g.ofWeight[i] = gradient({out, in});
      g.ofBias[i] = gradient({out});
    }
    for (int i = 0; i < 2; i++) {
      g.ofNormWeight[i] = gradient({p.hidden});
      g.ofNormBias[i] = gradient({p.hidden});
    }
    g.passing = call.output(outPassing(), {rows(x), 5 * p.hidden + p.intermediate});
    if (call.ok()) kernels().postNormLayerGradients(g);
  }
};

}
