// Registers the kernels with TensorFlow as ops of its CPU device, through its C interface (tensorflow/c/kernels.h), which has stayed
// the same since 2.0. nativeKernels.ts calls them and checks what goes in; a tensor without elements stands for a missing one.
#include <node_api.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "kernels.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"
#include "threads.h"

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

/** One call of an op: its inputs while it runs, and where its outputs go. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}

  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    if (!ok()) TF_OpKernelContext_Failure(context_, status_);
    TF_DeleteStatus(status_);
  }

  void fail(const char* why) { TF_SetStatus(status_, TF_INTERNAL, why); }

  bool ok() const { return TF_GetCode(status_) == TF_OK; }

  TF_Tensor* input(int i) {
    TF_Tensor* tensor = nullptr;
    if (ok()) TF_GetInput(context_, i, &tensor, status_);
    if (tensor) tensors_.push_back(tensor);
    return tensor;
  }

  template <class T = const float>
  T* data(TF_Tensor* tensor) {
    return tensor && TF_TensorElementCount(tensor) > 0 ? static_cast<T*>(TF_TensorData(tensor)) : nullptr;
  }

  template <class T = const float>
  T* data(int i) {
    return data<T>(input(i));
  }

  /** A new float32 output; null where `wanted` is false, and an output without elements in its place. */
  float* output(int i, const std::vector<int64_t>& shape, bool wanted = true) {
    if (!ok()) return nullptr;
    const std::vector<int64_t> dims = wanted ? shape : std::vector<int64_t>{0};
    size_t bytes = 4;
    for (int64_t dim : dims) bytes *= dim;
    TF_Tensor* tensor = TF_AllocateOutput(context_, i, TF_FLOAT, dims.data(), dims.size(), bytes, status_);
    if (tensor) tensors_.push_back(tensor);
    return wanted ? data<float>(tensor) : nullptr;
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

int64_t rows(TF_Tensor* matrix) { return TF_Dim(matrix, 0); }
int64_t columns(TF_Tensor* matrix) { return TF_Dim(matrix, TF_NumDims(matrix) - 1); }

/** The attributes of an op, read when TensorFlow makes its kernel. */
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}
  ~Attributes() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
    TF_DeleteStatus(status_);
  }
  int integer(const char* name) {
    int64_t value = 0;
    TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
    return static_cast<int>(value);
  }
  float number(const char* name) {
    float value = 0;
    TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
    return value;
  }
  bool flag(const char* name) {
    unsigned char value = 0;
    TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status_);
    return value;
  }

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

Dropout dropout(float rate, const int32_t* seed) {
  return {seed ? static_cast<uint32_t>(*seed) : 0, rate * 16777216.f, 1 / (1 - rate)};
}

/** Products one after the other, in one call of TensorFlow's. */
struct Products {
  static constexpr const char* name = "FrostkitProducts";
  static constexpr const char* attributes[] = {"count: int >= 1"};
  // Of each product: transpose a, transpose b, activation of a, of b, whose slope, bfloat16, sums of rows, the product it is added to or -1.
  static constexpr const char* inputs[] = {"a: count * float",        "b: count * float",   "bias: count * float",
                                           "slope_of: count * float", "add: count * float", "settings: int32"};
  static constexpr const char* outputs[] = {"y: count * float", "sums: count * float"};
  int count;

  explicit Products(Attributes& at) : count(at.integer("count")) {}

  void run(Call& call) const {
    const int32_t* settings = call.data<const int32_t>(5 * count);
    std::vector<float*> results(count);
    for (int i = 0; call.ok() && i < count; i++) {
      const int32_t* s = settings + 8 * i;
      const bool transposeA = s[0], transposeB = s[1], bfloat16 = s[5];
      TF_Tensor *a = call.input(i), *b = call.input(count + i);
      if (!call.ok()) return;
      const int64_t m = transposeA ? columns(a) : rows(a), k = transposeA ? rows(a) : columns(a);
      const int64_t n = transposeB ? rows(b) : columns(b);
      Product p = {m, n, k, {}, {}, nullptr, n, 1, call.data(2 * count + i), call.data(3 * count + i), s[4], call.data(4 * count + i)};
      p.a = {call.data(a), transposeA ? 1 : k, transposeA ? m : 1, s[2], bfloat16};
      p.b = {call.data(b), transposeB ? 1 : n, transposeB ? k : 1, s[3], bfloat16};
      p.accumulate = s[7] >= 0;
      p.y = call.output(i, {m, n}, !p.accumulate);
      if (p.accumulate) p.y = results[s[7]];
      p.rowSums = call.output(count + i, {m}, s[6]);
      results[i] = p.y;
      if (call.ok() && m > 0 && n > 0) kernels().multiply(p);
    }
  }
};

struct LayerNorm {
  static constexpr const char* name = "FrostkitLayerNorm";
  static constexpr const char* attributes[] = {"eps: float", "rate: float"};
  static constexpr const char* inputs[] = {"x: float", "residual: float", "weight: float", "bias: float", "seed: int32"};
  static constexpr const char* outputs[] = {"y: float", "normal: float", "scale: float"};
  float eps, rate;

  explicit LayerNorm(Attributes& at) : eps(at.number("eps")), rate(at.number("rate")) {}

  void run(Call& call) const {
    TF_Tensor* x = call.input(0);
    if (!call.ok()) return;
    const int64_t m = rows(x), width = columns(x);
    Norm p = {m, width, call.data(x), call.data(1), call.data(2), call.data(3), eps, {}, nullptr, nullptr, nullptr};
    p.drop = dropout(rate, call.data<const int32_t>(4));
    p.y = call.output(0, {m, width});
    p.normal = call.output(1, {m, width});
    p.scale = call.output(2, {m, 1});
    if (call.ok()) kernels().layerNorm(p);
  }
};

struct LayerNormGrad {
  static constexpr const char* name = "FrostkitLayerNormGrad";
  static constexpr const char* attributes[] = {"rate: float", "of_x: bool", "of_residual: bool", "of_weight: bool", "of_bias: bool"};
  static constexpr const char* inputs[] = {"dy: float", "normal: float", "scale: float", "weight: float", "seed: int32"};
  static constexpr const char* outputs[] = {"dx: float", "dresidual: float", "dweight: float", "dbias: float"};
  float rate;
  bool ofX, ofResidual, ofWeight, ofBias;

  explicit LayerNormGrad(Attributes& at)
      : rate(at.number("rate")),
        ofX(at.flag("of_x")),
        ofResidual(at.flag("of_residual")),
        ofWeight(at.flag("of_weight")),
        ofBias(at.flag("of_bias")) {}

  void run(Call& call) const {
    TF_Tensor* dy = call.input(0);
    if (!call.ok()) return;
    const int64_t m = rows(dy), width = columns(dy);
    NormGradients p = {m, width, call.data(dy), call.data(1), call.data(2), call.data(3), {}, nullptr, nullptr, nullptr, nullptr};
    p.drop = dropout(rate, call.data<const int32_t>(4));
    p.ofX = call.output(0, {m, width}, ofX);
    p.ofResidual = call.output(1, {m, width}, ofResidual);
    p.ofWeight = call.output(2, {width}, ofWeight);
    p.ofBias = call.output(3, {width}, ofBias);
    if (call.ok()) kernels().layerNormGradients(p);
  }
};

struct AttentionForward {
  static constexpr const char* name = "FrostkitAttention";
  static constexpr const char* attributes[] = {"batch: int", "heads: int", "scale: float", "rate: float", "bf16: bool"};
  static constexpr const char* inputs[] = {"query: float", "key: float", "value: float", "mask: float", "seed: int32"};
  static constexpr const char* outputs[] = {"y: float", "weights: float"};
  int64_t batch, heads;
  float scale, rate;
  bool bfloat16;

  explicit AttentionForward(Attributes& at)
      : batch(at.integer("batch")),
        heads(at.integer("heads")),
        scale(at.number("scale")),
        rate(at.number("rate")),
        bfloat16(at.flag("bf16")) {}

  void run(Call& call) const {
    TF_Tensor *query = call.input(0), *key = call.input(1), *mask = call.input(3);
    if (!call.ok()) return;
    const int64_t hidden = columns(query), queries = rows(query) / batch, keys = rows(key) / batch;
    const int64_t maskRows = TF_TensorElementCount(mask) / (batch * keys);
    Attention p = {batch, heads, queries, keys, hidden / heads, maskRows, scale, bfloat16};
    p.query = call.data(query);
    p.key = call.data(key);
    p.value = call.data(2);
    p.mask = call.data(mask);
    p.drop = dropout(rate, call.data<const int32_t>(4));
    p.y = call.output(0, {batch * queries, hidden});
    p.weights = call.output(1, {batch, heads, queries, keys});
    if (call.ok()) kernels().attention(p);
  }
};

struct AttentionGrad {
  static constexpr const char* name = "FrostkitAttentionGrad";
  static constexpr const char* attributes[] = {"batch: int",     "heads: int",     "scale: float",  "rate: float",
                                               "bf16: bool", "of_query: bool", "of_key: bool", "of_value: bool"};
  static constexpr const char* inputs[] = {"dy: float", "query: float", "key: float", "value: float", "weights: float", "seed: int32"};
  static constexpr const char* outputs[] = {"dquery: float", "dkey: float", "dvalue: float"};
  int64_t batch, heads;
  float scale, rate;
  bool bfloat16, ofQuery, ofKey, ofValue;

  explicit AttentionGrad(Attributes& at)
      : batch(at.integer("batch")),
        heads(at.integer("heads")),
        scale(at.number("scale")),
        rate(at.number("rate")),
        bfloat16(at.flag("bf16")),
        ofQuery(at.flag("of_query")),
        ofKey(at.flag("of_key")),
        ofValue(at.flag("of_value")) {}

  void run(Call& call) const {
    TF_Tensor *query = call.input(1), *key = call.input(2);
    if (!call.ok()) return;
    const int64_t hidden = columns(query), queries = rows(query) / batch, keys = rows(key) / batch;
    AttentionGradients p = {batch, heads, queries, keys, hidden / heads, scale, bfloat16};
    p.dy = call.data(0);
    p.query = call.data(query);
    p.key = call.data(key);
    p.value = call.data(3);
    p.weights = call.data(4);
    p.drop = dropout(rate, call.data<const int32_t>(5));
    p.ofQuery = call.output(0, {rows(query), hidden}, ofQuery);
    p.ofKey = call.output(1, {rows(key), hidden}, ofKey);
    p.ofValue = call.output(2, {rows(key), hidden}, ofValue);
    if (call.ok()) kernels().attentionGradients(p);
  }
};

struct FirstRowAttentionForward {
  static constexpr const char* name = "FrostkitFirstRowAttention";
  static constexpr const char* attributes[] = {"heads: int", "scale: float", "rate: float"};
  static constexpr const char* inputs[] = {"query: float", "x: float", "key_weight: float", "value_weight: float",
                                           "value_bias: float", "mask: float", "seed: int32"};
  static constexpr const char* outputs[] = {"y: float", "weights: float", "turned: float", "pooled: float"};
  int64_t heads;
  float scale, rate;

  explicit FirstRowAttentionForward(Attributes& at)
      : heads(at.integer("heads")), scale(at.number("scale")), rate(at.number("rate")) {}

  void run(Call& call) const {
    TF_Tensor *query = call.input(0), *x = call.input(1);
    if (!call.ok()) return;
    const int64_t batch = rows(query), keys = rows(x) / batch, hidden = columns(x);
    FirstRowAttention p = {batch, heads, keys, columns(query) / heads, hidden, scale};
    p.query = call.data(query);
    p.x = call.data(x);
    p.keyWeight = call.data(2);
    p.valueWeight = call.data(3);
    p.valueBias = call.data(4);
    p.mask = call.data(5);
    p.drop = dropout(rate, call.data<const int32_t>(6));
    p.y = call.output(0, {batch, columns(query)});
    p.weights = call.output(1, {batch, heads, keys});
    p.turned = call.output(2, {batch, heads, hidden});
    p.pooled = call.output(3, {batch, heads, hidden});
    if (call.ok()) kernels().firstRowAttention(p);
  }
};

struct FirstRowAttentionGrad {
  static constexpr const char* name = "FrostkitFirstRowAttentionGrad";
  static constexpr const char* attributes[] = {"heads: int",         "scale: float",          "rate: float",        "of_query: bool", "of_x: bool",
                                               "of_key_weight: bool", "of_value_weight: bool", "of_value_bias: bool"};
  static constexpr const char* inputs[] = {"dy: float",     "weights: float",    "pooled: float",      "turned: float",
                                           "query: float",  "x: float",          "key_weight: float",  "value_weight: float",
                                           "value_bias: float", "add: float",    "seed: int32"};
  static constexpr const char* outputs[] = {"dquery: float", "dx: float", "dkey_weight: float", "dvalue_weight: float",
                                            "dvalue_bias: float"};
  int64_t heads;
  float scale, rate;
  bool ofQuery, ofX, ofKeyWeight, ofValueWeight, ofValueBias;

  explicit FirstRowAttentionGrad(Attributes& at)
      : heads(at.integer("heads")),
        scale(at.number("scale")),
        rate(at.number("rate")),
        ofQuery(at.flag("of_query")),
        ofX(at.flag("of_x")),
        ofKeyWeight(at.flag("of_key_weight")),
        ofValueWeight(at.flag("of_value_weight")),
        ofValueBias(at.flag("of_value_bias")) {}

  void run(Call& call) const {
    TF_Tensor *dy = call.input(0), *weights = call.input(1), *pooled = call.input(2);
    if (!call.ok()) return;
    const int64_t batch = rows(dy), keys = columns(weights), hidden = columns(pooled), own = columns(dy);
    FirstRowAttentionGradients p = {batch, heads, keys, own / heads, hidden, scale};
    p.dy = call.data(dy);
    p.weights = call.data(weights);
    p.pooled = call.data(pooled);
    p.turned = call.data(3);
    p.query = call.data(4);
    p.x = call.data(5);
    p.keyWeight = call.data(6);
    p.valueWeight = call.data(7);
    p.valueBias = call.data(8);
    p.add = call.data(9);
    p.drop = dropout(rate, call.data<const int32_t>(10));
    p.ofQuery = call.output(0, {batch, own}, ofQuery);
    p.ofX = call.output(1, {batch * keys, hidden}, ofX);
    p.ofKeyWeight = call.output(2, {own, hidden}, ofKeyWeight);
    p.ofValueWeight = call.output(3, {own, hidden}, ofValueWeight);
    p.ofValueBias = call.output(4, {own}, ofValueBias);
    if (call.ok()) kernels().firstRowAttentionGradients(p);
  }
};

/** Where a layer keeps what the way back reads, one thing after the other from `kept` on; returns how many numbers it takes. */
int64_t placeKept(PostNormLayer& p, float* kept) {
  const int64_t rows = p.batch * p.keys;
  int64_t size = 0;
  auto place = [&](float*& at, int64_t count) {
    at = kept + size;
    size += count;
  };
  for (int i : {QUERY, KEY, VALUE}) place(p.made[i], rows * p.hidden);
  place(p.made[WIDEN], rows * p.wide);
  for (float** each : {&p.context, &p.inner, &p.normal[0], &p.normal[1]}) place(*each, rows * p.hidden);
  for (float*& scale : p.normScale) place(scale, rows);
  place(p.weights, p.batch * p.heads * p.keys * p.keys);
  return size;
}

/** What a layer is told on the way forward as well as on the way back. */
struct PostNormSettings {
  PostNormLayer layer = {};
  float rates[3];

  explicit PostNormSettings(Attributes& at) : rates{at.number("weights_rate"), at.number("inner_rate"), at.number("rate")} {
    layer.heads = at.integer("heads");
    layer.scale = at.number("scale");
    layer.activation = at.integer("activation");
    layer.bfloat16 = at.flag("bf16");
  }

  /** `seeds` are those of weights, attended and output. */
  void setDropout(PostNormLayer& p, const int32_t* seeds) const {
    p.dropWeights = dropout(rates[0], seeds);
    for (int i = 0; i < 2; i++) p.drop[i] = dropout(rates[1 + i], seeds + 1 + i);
  }
};

/** A layer as in eval mode, or one that also gives what the way back reads. */
template <bool TRAINS>
struct PostNorm : PostNormSettings {
  static constexpr const char* name = TRAINS ? "FrostkitPostNormLayerTraining" : "FrostkitPostNormLayer";
  static constexpr const char* attributes[] = {"count: int >= 1",  "heads: int",           "scale: float",       "eps: float",
                                               "inner_eps: float", "activation: int",      "bf16: bool",         "rate: float",
                                               "inner_rate: float", "weights_rate: float"};
  // Weights of the products, their biases, and the norms' weights and biases in turn; two halves of a number that stands for the weights,
  // or zeros, and seeds of weights, attended and output.
  static constexpr const char* inputs[] = {"x: float", "mask: float", "parameters: count * float", "numbers: int32"};
  static constexpr auto outputs = [] {
    if constexpr (TRAINS) return std::array{"y: float", "kept: float"};
    else return std::array{"y: float"};
  }();

  explicit PostNorm(Attributes& at) : PostNormSettings(at) {
    layer.eps[0] = at.number("inner_eps");
    layer.eps[1] = at.number("eps");
  }

  void run(Call& call) const {
    TF_Tensor *x = call.input(0), *mask = call.input(1), *widen = call.input(2 + WIDEN);
    if (!call.ok()) return;
    PostNormLayer p = layer;
    p.batch = rows(mask);
    p.hidden = columns(x);
    p.keys = rows(x) / p.batch;
    p.wide = rows(widen);
    p.x = call.data(x);
    p.mask = call.data(mask);
    int next = 2;
    for (const float*& weight : p.weight) weight = call.data(next++);
    for (const float*& bias : p.bias) bias = call.data(next++);
    for (int i = 0; i < 2; i++) {
      p.normWeight[i] = call.data(next++);
      p.normBias[i] = call.data(next++);
    }
    const std::vector<int64_t> shape = {rows(x), p.hidden};
    p.y = call.output(0, shape);
    const int32_t* numbers = call.data<const int32_t>(next);
    if (!call.ok()) return;
    p.key = numbers[0] * (int64_t{1} << 32) + numbers[1];
    if (TRAINS) {
      setDropout(p, numbers + 2);
      float* kept = call.output(1, {placeKept(p, nullptr)});
      placeKept(p, kept);
    }
    if (call.ok()) kernels().postNormLayer(p);
  }
};

/** From what the one that trains gave, back to what it read. */
struct PostNormGrad : PostNormSettings {
  static constexpr const char* name = "FrostkitPostNormLayerGrad";
  static constexpr const char* attributes[] = {"batch: int",       "heads: int",  "scale: float",      "activation: int",
                                               "bf16: bool",       "rate: float", "inner_rate: float", "weights_rate: float",
                                               "count: int >= 1", "of_x: bool"};
  // Weights of the products, then of the norms; seeds of weights, attended and output.
  static constexpr const char* inputs[] = {"dy: float", "x: float", "kept: float", "parameters: count * float", "seeds: int32"};
  // Weight and bias of each dense layer, then of each norm. What passes between rows and weights is nobody's afterwards.
  static constexpr const char* outputs[] = {"dx: float",
                                            "dquery: float",    "dquery_bias: float",    "dkey: float",    "dkey_bias: float",
                                            "dvalue: float",    "dvalue_bias: float",    "dattended: float", "dattended_bias: float",
                                            "dwiden: float",    "dwiden_bias: float",    "dnarrow: float", "dnarrow_bias: float",
                                            "dinner_norm: float", "dinner_norm_bias: float", "dnorm: float", "dnorm_bias: float",
                                            "passing: float"};
  bool ofX;

  explicit PostNormGrad(Attributes& at) : PostNormSettings(at), ofX(at.flag("of_x")) { layer.batch = at.integer("batch"); }

  void run(Call& call) const {
    TF_Tensor *x = call.input(1), *widen = call.input(3 + WIDEN);
    if (!call.ok()) return;
    PostNormLayerGradients g = {layer};
    PostNormLayer& p = g.layer;
    p.hidden = columns(x);
    p.keys = rows(x) / p.batch;
    p.wide = rows(widen);
    g.dy = call.data(0);
    p.x = call.data(x);
    placeKept(p, call.data<float>(2));
    int next = 3;
    for (const float*& weight : p.weight) weight = call.data(next++);
    for (const float*& weight : p.normWeight) weight = call.data(next++);
    const int32_t* seeds = call.data<const int32_t>(next);
    if (!call.ok()) return;
    setDropout(p, seeds);
    g.ofX = call.output(0, {rows(x), p.hidden}, ofX);
    int made = 1;
    for (int i = 0; i < POST_NORM_PRODUCTS; i++) {
      const int64_t out = i == WIDEN ? p.wide : p.hidden, in = i == NARROW ? p.wide : p.hidden;
      g.ofWeight[i] = call.output(made++, {out, in});
      g.ofBias[i] = call.output(made++, {out});
    }
    for (int i = 0; i < 2; i++) {
      g.ofNormWeight[i] = call.output(made++, {p.hidden});
      g.ofNormBias[i] = call.output(made++, {p.hidden});
    }
    g.passing = call.output(made, {rows(x), 5 * p.hidden + p.wide});
    if (call.ok()) kernels().postNormLayerGradients(g);
  }
};

struct DropoutMask {
  static constexpr const char* name = "FrostkitDropoutMask";
  static constexpr const char* attributes[] = {"rate: float"};
  static constexpr const char* inputs[] = {"shape: int32", "seed: int32"};
  static constexpr const char* outputs[] = {"mask: float"};
  float rate;

  explicit DropoutMask(Attributes& at) : rate(at.number("rate")) {}

  void run(Call& call) const {
    TF_Tensor* like = call.input(0);
    if (!call.ok()) return;
    const int32_t* dims = call.data<const int32_t>(like);
    const std::vector<int64_t> shape(dims, dims + TF_TensorElementCount(like));
    int64_t size = 1;
    for (int64_t dim : shape) size *= dim;
    const Dropout drop = dropout(rate, call.data<const int32_t>(1));
    float* mask = call.output(0, shape);
    if (call.ok()) kernels().dropoutMask(drop, size, mask);
  }
};

/** Changes means and squares where they lie, and values that are not among those `made`: nobody else may hold their memory. */
struct AdamWStep {
  static constexpr const char* name = "FrostkitAdamW";
  static constexpr const char* attributes[] = {"count: int >= 1", "made: int >= 0"};
  static constexpr const char* inputs[] = {"values: count * float", "means: count * float", "squares: count * float",
                                           "gradients: count * float", "settings: float"};
  static constexpr const char* outputs[] = {"updated: made * float"};
  int count;

  explicit AdamWStep(Attributes& at) : count(at.integer("count")) {}

  void run(Call& call) const {
    std::vector<AdamW> all(count);
    const float* settings = call.data(4 * count);
    int made = 0;
    for (int i = 0; call.ok() && i < count; i++) {
      TF_Tensor* value = call.input(i);
      if (!value) break;
      const float* s = settings + 8 * i;
      std::vector<int64_t> shape(TF_NumDims(value));
      for (size_t dim = 0; dim < shape.size(); dim++) shape[dim] = TF_Dim(value, dim);
      const bool inPlace = s[7] != 0;
      float* updated = inPlace ? call.data<float>(value) : call.output(made++, shape);
      all[i] = {TF_TensorElementCount(value), call.data(value), updated, call.data<float>(count + i),
                call.data<float>(2 * count + i), call.data(3 * count + i), s[0], s[1], s[2], s[3], s[4], s[5], s[6]};
    }
    if (call.ok()) kernels().adamW(all.data(), count);
  }
};

struct SumOfSquares {
  static constexpr const char* name = "FrostkitSumOfSquares";
  static constexpr const char* attributes[] = {"count: int >= 1"};
  static constexpr const char* inputs[] = {"arrays: count * float"};
  static constexpr const char* outputs[] = {"sum: float"};
  int count;

  explicit SumOfSquares(Attributes& at) : count(at.integer("count")) {}

  void run(Call& call) const {
    std::vector<const float*> arrays(count);
    std::vector<int64_t> sizes(count);
    for (int i = 0; i < count; i++) {
      TF_Tensor* array = call.input(i);
      if (!call.ok()) return;
      arrays[i] = call.data(array);
      sizes[i] = TF_TensorElementCount(array);
    }
    float* sum = call.output(0, {});
    if (call.ok()) *sum = static_cast<float>(kernels().sumOfSquares(arrays.data(), sizes.data(), count));
  }
};

/** A place in an open file: its descriptor, and the position's lower 24 bits and what is above them. */
struct Place {
  int descriptor;
  int64_t position;

  explicit Place(const int32_t* place)
      : descriptor(place ? place[0] : -1), position(place ? place[1] + (static_cast<int64_t>(place[2]) << 24) : 0) {}

  /** Whether all the bytes that lie `offset` behind the place could be read. */
  bool read(int64_t offset, void* to, int64_t bytes) const {
    for (int64_t done = 0; done < bytes;) {
      const ssize_t count = pread(descriptor, static_cast<char*>(to) + done, bytes - done, position + offset + done);
      if (count > 0) done += count;
      else if (count == 0 || errno != EINTR) return false;
    }
    return true;
  }
};

/** Reads float32 values from a file straight into a new tensor, several parts of it at once. */
struct ReadFloats {
  static constexpr const char* name = "FrostkitReadFloats";
  static constexpr std::initializer_list<const char*> attributes = {};
  static constexpr const char* inputs[] = {"place: int32", "shape: int32"};
  static constexpr const char* outputs[] = {"values: float"};

  explicit ReadFloats(Attributes&) {}

  void run(Call& call) const {
    const Place place(call.data<const int32_t>(0));
    TF_Tensor* like = call.input(1);
    if (!call.ok()) return;
    const int32_t* dims = call.data<const int32_t>(like);
    const std::vector<int64_t> shape(dims, dims + (dims ? TF_TensorElementCount(like) : 0));
    float* values = call.output(0, shape);
    if (!call.ok()) return;
    int64_t size = 4;
    for (int64_t dim : shape) size *= dim;
    std::atomic<bool> whole{true};
    constexpr int64_t PART = 1 << 22;
    frostkit::parallel((size + PART - 1) / PART, [&](int64_t i) {
      const int64_t from = i * PART;
      if (whole && !place.read(from, reinterpret_cast<char*>(values) + from, std::min(size - from, PART))) whole = false;
    });
    if (!whole) call.fail("could not be read to its end");
  }
};

/** Fails where an id is not one of a table's. */
bool areIn(int64_t entries, const int32_t* ids, int64_t count, Call& call) {
  for (int64_t i = 0; i < count; i++)
    if (ids[i] < 0 || ids[i] >= entries) {
      const std::string last = std::to_string(entries - 1), id = std::to_string(ids[i]), row = std::to_string(i);
      call.fail(("expected ids from 0 to " + last + ", got " + id + " in row " + row).c_str());
      return false;
    }
  return true;
}

/** Rows of a table [entries, width]. */
struct GatherRows {
  static constexpr const char* name = "FrostkitGatherRows";
  static constexpr std::initializer_list<const char*> attributes = {};
  static constexpr const char* inputs[] = {"table: float", "ids: int32"};
  static constexpr const char* outputs[] = {"rows: float"};

  explicit GatherRows(Attributes&) {}

  void run(Call& call) const {
    TF_Tensor *table = call.input(0), *which = call.input(1);
    if (!call.ok()) return;
    const int32_t* ids = call.data<const int32_t>(which);
    const int64_t count = TF_TensorElementCount(which), width = columns(table);
    if (!areIn(rows(table), ids, count, call)) return;
    const float* from = call.data(table);
    float* to = call.output(0, {count, width});
    if (!call.ok()) return;
    const int64_t part = std::max<int64_t>(1, 16384 / width);
    frostkit::parallel((count + part - 1) / part, [&](int64_t p) {
      for (int64_t i = p * part; i < std::min(count, (p + 1) * part); i++)
        std::memcpy(to + i * width, from + ids[i] * width, 4 * width);
    });
  }
};

/** Puts `count` rows at the head of each run of `length` rows, added to what `add` holds or to zeros. */
struct FirstRowsGrad {
  static constexpr const char* name = "FrostkitFirstRowsGrad";
  static constexpr std::initializer_list<const char*> attributes = {};
  static constexpr const char* inputs[] = {"dy: float", "add: float", "sizes: int32"};
  static constexpr const char* outputs[] = {"dx: float"};

  explicit FirstRowsGrad(Attributes&) {}

  void run(Call& call) const {
    TF_Tensor* first = call.input(0);
    const float* add = call.data(1);
    const int32_t* sizes = call.data<const int32_t>(2);
    if (!call.ok()) return;
    const float* dy = call.data(first);
    const int64_t batch = sizes[0], length = sizes[1], width = columns(first), count = rows(first) / batch;
    float* dx = call.output(0, {batch * length, width});
    if (!call.ok()) return;
    const int64_t size = length * width, head = count * width;
    frostkit::parallel(batch, [&](int64_t i) {
      float* to = dx + i * size;
      if (add) std::memcpy(to, add + i * size, 4 * size);
      else std::memset(to, 0, 4 * size);
      for (int64_t j = 0; j < head; j++) to[j] += dy[i * head + j];
    });
  }
};

/** Reads rows of a float32 table [entries, width] in a file, several at once and each of them once. */
struct ReadRows {
  static constexpr const char* name = "FrostkitReadRows";
  static constexpr std::initializer_list<const char*> attributes = {};
  static constexpr const char* inputs[] = {"place: int32", "ids: int32", "table: int32"};
  static constexpr const char* outputs[] = {"rows: float"};

  explicit ReadRows(Attributes&) {}

  void run(Call& call) const {
    const Place place(call.data<const int32_t>(0));
    TF_Tensor* which = call.input(1);
    const int32_t *ids = call.data<const int32_t>(which), *table = call.data<const int32_t>(2);
    if (!call.ok()) return;
    const int64_t count = TF_TensorElementCount(which), width = table[1], bytes = 4 * width;
    // Ids and where they stand, equal ones side by side and all in the file's order.
    std::vector<std::pair<int32_t, int32_t>> order(count);
    if (!areIn(table[0], ids, count, call)) return;
    for (int32_t i = 0; i < count; i++) order[i] = {ids[i], i};
    std::sort(order.begin(), order.end());
    std::vector<int64_t> firsts;
    for (int64_t i = 0; i < count; i++)
      if (i == 0 || order[i].first != order[i - 1].first) firsts.push_back(i);
    const int64_t distinct = firsts.size();
    firsts.push_back(count);
    float* rows = call.output(0, {count, width});
    if (!call.ok()) return;
    std::atomic<bool> whole{true};
    const int64_t part = std::max<int64_t>(1, (1 << 16) / bytes);
    frostkit::parallel((distinct + part - 1) / part, [&](int64_t p) {
      for (int64_t d = p * part; d < std::min(distinct, (p + 1) * part) && whole; d++) {
        const auto [id, first] = order[firsts[d]];
        float* row = rows + first * width;
        if (!place.read(id * bytes, row, bytes)) whole = false;
        for (int64_t i = firsts[d] + 1; i < firsts[d + 1]; i++) std::memcpy(rows + order[i].second * width, row, bytes);
      }
    });
    if (!whole) call.fail("could not be read to its end");
  }
};

template <class Op>
bool registerOp() {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(Op::name);
  for (const char* attribute : Op::attributes) TF_OpDefinitionBuilderAddAttr(op, attribute);
  for (const char* input : Op::inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : Op::outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  // TensorFlow must not take two calls for one, nor leave one out.
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(
      op, [](TF_ShapeInferenceContext* context, TF_Status* status) { TF_ShapeInferenceContextSetUnknownShape(context, status); });
  TF_RegisterOpDefinition(op, status);
  const bool defined = TF_GetCode(status) == TF_OK;
  if (defined) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(
        Op::name, "CPU",
        [](TF_OpKernelConstruction* construction) -> void* {
          Attributes attributes(construction);
          return new Op(attributes);
        },
        [](void* kernel, TF_OpKernelContext* context) {
          Call call(context);
          static_cast<Op*>(kernel)->run(call);
        },
        [](void* kernel) { delete static_cast<Op*>(kernel); });
    TF_RegisterKernelBuilder(Op::name, kernel, status);
  }
  const bool ok = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return ok;
}

bool registerAll() {
  return registerOp<Products>() && registerOp<LayerNorm>() && registerOp<LayerNormGrad>() && registerOp<AttentionForward>() &&
         registerOp<AttentionGrad>() && registerOp<FirstRowAttentionForward>() && registerOp<FirstRowAttentionGrad>() &&
         registerOp<PostNorm<false>>() && registerOp<PostNorm<true>>() && registerOp<PostNormGrad>() && registerOp<DropoutMask>() && registerOp<AdamWStep>() &&
         registerOp<SumOfSquares>() && registerOp<GatherRows>() && registerOp<FirstRowsGrad>() && registerOp<ReadFloats>() && registerOp<ReadRows>();
}

napi_value start(napi_env env, napi_value exports) {
  // Node loads an addon once more in each worker; TensorFlow knows an op only once.
  static std::once_flag once;
  static bool registered = false;
  std::call_once(once, [] { registered = registerAll(); });
  if (!registered) napi_throw_error(env, nullptr, "TensorFlow did not take frostkit's ops");
  return exports;
}

}

NAPI_MODULE(frostkit, start)
