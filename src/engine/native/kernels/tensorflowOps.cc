// Registers the kernels with TensorFlow as ops of its CPU device. signatures.h, which is written from engine/native/signatures.ts, says what
// each takes and gives; what goes in is not checked here, and a tensor without elements stands for a missing one.
#include <node_api.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

#include "chosenKernels.h"
#include "opCall.h"
#include "postNormOps.h"
#include "readOps.h"
#include "signatures.h"
#include "threads.h"

namespace {

/** Products one after the other, in one call of TensorFlow's. */
struct Products : signatures::Products {
  using signatures::Products::Products;

  static bool isGated(int activation) { return activation & kGated; }

  /** How many columns of a matrix there are once its activation has been applied. */
  static int64_t width(TF_Tensor* matrix, int activation) { return columns(matrix) / (isGated(activation) ? 2 : 1); }

  static Operand operand(Call& call, TF_Tensor* matrix, bool transposed, int activation, bool bfloat16) {
    const int64_t stride = columns(matrix), gate = stride - width(matrix, activation);
    return {call.data(matrix), transposed ? 1 : stride, transposed ? stride : 1, activation, bfloat16, gate};
  }

  void run(Call& call) const {
    const int32_t* settings = call.data<const int32_t>(inSettings());
    std::vector<float*> results(count);
    for (int i = 0; call.ok() && i < count; i++) {
      const int32_t* s = settings + 8 * i;
      const bool transposeA = s[0], transposeB = s[1];
      TF_Tensor *a = call.input(inA(i)), *b = call.input(inB(i));
      if (!call.ok()) return;
      const Operand left = operand(call, a, transposeA, s[2], s[5]), right = operand(call, b, transposeB, s[3], s[5]);
      const int64_t wide = width(a, s[2]), m = transposeA ? wide : rows(a), k = transposeA ? rows(a) : wide;
      const int64_t n = transposeB ? rows(b) : width(b, s[3]), stride = isGated(s[4]) ? 2 * n : n;
      Product p = {m, n, k, left, right, nullptr, stride, 1, call.data(inBias(i)), call.data(inSlopeOf(i)), s[4], call.data(inAdd(i))};
      p.accumulate = s[7] >= 0;
      p.y = call.output(outY(i), {m, stride}, !p.accumulate);
      if (p.accumulate) p.y = results[s[7]];
      p.rowSums = call.output(outSums(i), {m}, s[6]);
      results[i] = p.y;
      if (call.ok() && m > 0 && n > 0) kernels().multiply(p);
    }
  }
};

struct LayerNorm : signatures::LayerNorm {
  using signatures::LayerNorm::LayerNorm;

  void run(Call& call) const {
    TF_Tensor* x = call.input(inX());
    if (!call.ok()) return;
    const int64_t m = rows(x), width = columns(x);
    Norm p = {m, width, call.data(x), call.data(inResidual()), call.data(inWeight()), call.data(inBias()), eps};
    p.drop = dropout(rate, call.data<const int32_t>(inSeed()));
    p.y = call.output(outY(), {m, width});
    p.normal = call.output(outNormal(), {m, width});
    p.scale = call.output(outScale(), {m, 1});
    if (call.ok()) kernels().layerNorm(p);
  }
};

struct LayerNormGrad : signatures::LayerNormGrad {
  using signatures::LayerNormGrad::LayerNormGrad;

  void run(Call& call) const {
    TF_Tensor* dy = call.input(inDy());
    if (!call.ok()) return;
    const int64_t m = rows(dy), width = columns(dy);
    NormGradients p = {m, width, call.data(dy), call.data(inNormal()), call.data(inScale()), call.data(inWeight()), call.data(inAdd())};
    p.drop = dropout(rate, call.data<const int32_t>(inSeed()));
    p.ofX = call.output(outX(), {m, width}, ofX);
    p.ofResidual = call.output(outResidual(), {m, width}, ofResidual);
    p.ofWeight = call.output(outWeight(), {width}, ofWeight);
    p.ofBias = call.output(outBias(), {width}, ofBias);
    if (call.ok()) kernels().layerNormGradients(p);
  }
};

struct AttentionForward : signatures::Attention {
  using signatures::Attention::Attention;

  void run(Call& call) const {
    TF_Tensor *query = call.input(inQuery()), *key = call.input(inKey()), *mask = call.input(inMask());
    if (!call.ok()) return;
    const int64_t hidden = columns(query), queries = rows(query) / batch, keys = rows(key) / batch;
    const int64_t maskRows = TF_TensorElementCount(mask) / (batch * keys);
    ::Attention p = {batch, heads, queries, keys, hidden / heads, maskRows, scale, bf16};
    p.query = call.data(query);
    p.key = call.data(key);
    p.value = call.data(inValue());
    p.mask = call.data(mask);
    p.drop = dropout(rate, call.data<const int32_t>(inSeed()));
    p.y = call.output(outY(), {batch * queries, hidden});
    p.weights = call.output(outWeights(), {batch, heads, queries, keys});
    if (call.ok()) kernels().attention(p);
  }
};

struct AttentionGrad : signatures::AttentionGrad {
  using signatures::AttentionGrad::AttentionGrad;

  void run(Call& call) const {
    TF_Tensor *query = call.input(inQuery()), *key = call.input(inKey());
    if (!call.ok()) return;
    const int64_t hidden = columns(query), queries = rows(query) / batch, keys = rows(key) / batch;
    AttentionGradients p = {batch, heads, queries, keys, hidden / heads, scale, bf16};
    p.dy = call.data(inDy());
    p.query = call.data(query);
    p.key = call.data(key);
    p.value = call.data(inValue());
    p.weights = call.data(inWeights());
    p.drop = dropout(rate, call.data<const int32_t>(inSeed()));
    p.ofQuery = call.output(outQuery(), {rows(query), hidden}, ofQuery);
    p.ofKey = call.output(outKey(), {rows(key), hidden}, ofKey);
    p.ofValue = call.output(outValue(), {rows(key), hidden}, ofValue);
    if (call.ok()) kernels().attentionGradients(p);
  }
};

/** What forward and backward have in common. */
template <class Signature>
::RotaryAttention rotaryAttentionOf(const Signature& op, Call& call) {
  TF_Tensor* qkv = call.input(op.inQkv());
  if (!call.ok()) return {};
  const int64_t n = rows(qkv) / op.batch, width = columns(qkv) / (3 * op.heads);
  ::RotaryAttention p = {op.batch, op.heads, n, width, op.queries, op.reach, op.block, op.margin, op.keys, op.bf16};
  p.qkv = call.data(qkv);
  p.cos = call.data(op.inCos());
  p.sin = call.data(op.inSin());
  p.drop = dropout(op.rate, call.data<const int32_t>(op.inSeed()));
  return p;
}

struct RotaryAttentionForward : signatures::RotaryAttention {
  using signatures::RotaryAttention::RotaryAttention;

  void run(Call& call) const {
    ::RotaryAttention p = rotaryAttentionOf(*this, call);
    p.mask = call.data(inMask());
    p.y = call.output(outY(), {batch * queries, heads * p.width});
    p.weights = call.output(outWeights(), {batch, heads, queries, keys});
    if (call.ok()) kernels().rotaryAttention(p);
  }
};

struct RotaryAttentionGrad : signatures::RotaryAttentionGrad {
  using signatures::RotaryAttentionGrad::RotaryAttentionGrad;

  void run(Call& call) const {
    RotaryAttentionGradients g = {rotaryAttentionOf(*this, call), call.data(inDy())};
    g.forward.weights = call.data<float>(inWeights());
    g.ofQkv = call.output(outQkv(), {batch * g.forward.n, 3 * heads * g.forward.width});
    if (call.ok()) kernels().rotaryAttentionGradients(g);
  }
};

struct FirstRowAttentionForward : signatures::FirstRowAttention {
  using signatures::FirstRowAttention::FirstRowAttention;

  void run(Call& call) const {
    TF_Tensor *query = call.input(inQuery()), *x = call.input(inX());
    if (!call.ok()) return;
    const int64_t batch = rows(query), keys = rows(x) / batch, hidden = columns(x);
    ::FirstRowAttention p = {batch, heads, keys, columns(query) / heads, hidden, scale};
    p.query = call.data(query);
    p.x = call.data(x);
    p.keyWeight = call.data(inKeyWeight());
    p.valueWeight = call.data(inValueWeight());
    p.valueBias = call.data(inValueBias());
    p.mask = call.data(inMask());
    p.drop = dropout(rate, call.data<const int32_t>(inSeed()));
    p.y = call.output(outY(), {batch, columns(query)});
    p.weights = call.output(outWeights(), {batch, heads, keys});
    p.turned = call.output(outTurned(), {batch, heads, hidden});
    p.pooled = call.output(outPooled(), {batch, heads, hidden});
    if (call.ok()) kernels().firstRowAttention(p);
  }
};

struct FirstRowAttentionGrad : signatures::FirstRowAttentionGrad {
  using signatures::FirstRowAttentionGrad::FirstRowAttentionGrad;

  void run(Call& call) const {
    TF_Tensor *dy = call.input(inDy()), *weights = call.input(inWeights()), *pooled = call.input(inPooled());
    if (!call.ok()) return;
    const int64_t batch = rows(dy), keys = columns(weights), hidden = columns(pooled), own = columns(dy);
    FirstRowAttentionGradients p = {batch, heads, keys, own / heads, hidden, scale};
    p.dy = call.data(dy);
    p.weights = call.data(weights);
    p.pooled = call.data(pooled);
    p.turned = call.data(inTurned());
    p.query = call.data(inQuery());
    p.x = call.data(inX());
    p.keyWeight = call.data(inKeyWeight());
    p.valueWeight = call.data(inValueWeight());
    p.valueBias = call.data(inValueBias());
    p.add = call.data(inAdd());
    p.drop = dropout(rate, call.data<const int32_t>(inSeed()));
    p.ofQuery = call.output(outQuery(), {batch, own}, ofQuery);
    p.ofX = call.output(outX(), {batch * keys, hidden}, ofX);
    p.ofKeyWeight = call.output(outKeyWeight(), {own, hidden}, ofKeyWeight);
    p.ofValueWeight = call.output(outValueWeight(), {own, hidden}, ofValueWeight);
    p.ofValueBias = call.output(outValueBias(), {own}, ofValueBias);
    if (call.ok()) kernels().firstRowAttentionGradients(p);
  }
};

struct DropoutMask : signatures::DropoutMask {
  using signatures::DropoutMask::DropoutMask;

  void run(Call& call) const {
    const std::vector<int64_t> shape = call.shape(inShape());
    const Dropout drop = dropout(rate, call.data<const int32_t>(inSeed()));
    float* mask = call.output(outMask(), shape);
    if (call.ok()) kernels().dropoutMask(drop, elements(shape), mask);
  }
};

/** Updates means and squares in place, and values where `settings` says so: nobody else may hold their memory. */
struct AdamWStep : signatures::AdamW {
  using signatures::AdamW::AdamW;

  void run(Call& call) const {
    std::vector<::AdamW> all(count);
    const float* settings = call.data(inSettings());
    int next = 0;
    for (int i = 0; call.ok() && i < count; i++) {
      TF_Tensor* value = call.input(inValues(i));
      if (!value) break;
      const float* s = settings + 8 * i;
      std::vector<int64_t> shape(TF_NumDims(value));
      for (size_t dim = 0; dim < shape.size(); dim++) shape[dim] = TF_Dim(value, dim);
      const bool inPlace = s[7] != 0;
      float* updated = inPlace ? call.data<float>(value) : call.output(outUpdated(next++), shape);
      all[i] = {TF_TensorElementCount(value), call.data(value), updated, call.data<float>(inMeans(i)),
                call.data<float>(inSquares(i)), call.data(inGradients(i)), s[0], s[1], s[2], s[3], s[4], s[5], s[6]};
    }
    if (call.ok()) kernels().adamW(all.data(), count);
  }
};

struct SumOfSquares : signatures::SumOfSquares {
  using signatures::SumOfSquares::SumOfSquares;

  void run(Call& call) const {
    std::vector<const float*> arrays(count);
    std::vector<int64_t> sizes(count);
    for (int i = 0; i < count; i++) {
      TF_Tensor* array = call.input(inArrays(i));
      if (!call.ok()) return;
      arrays[i] = call.data(array);
      sizes[i] = TF_TensorElementCount(array);
    }
    float* sum = call.output(outSum(), {});
    if (call.ok()) *sum = static_cast<float>(kernels().sumOfSquares(arrays.data(), sizes.data(), count));
  }
};

/** Rows of a table [entries, width]. */
struct GatherRows : signatures::GatherRows {
  using signatures::GatherRows::GatherRows;

  void run(Call& call) const {
    TF_Tensor *table = call.input(inTable()), *which = call.input(inIds());
    if (!call.ok()) return;
    const int32_t* ids = call.data<const int32_t>(which);
    const int64_t count = TF_TensorElementCount(which), width = columns(table);
    if (!areIn(rows(table), ids, count, call)) return;
    const float* from = call.data(table);
    float* to = call.output(outRows(), {count, width});
    if (!call.ok()) return;
    const int64_t part = std::max<int64_t>(1, 16384 / width);
    frostkit::parallel((count + part - 1) / part, [&](int64_t p) {
      for (int64_t i = p * part; i < std::min(count, (p + 1) * part); i++)
        std::memcpy(to + i * width, from + ids[i] * width, 4 * width);
    });
  }
};

/** Puts `count` rows at the head of each run of `length` rows, added to what `add` holds or to zeros. */
struct FirstRowsGrad : signatures::FirstRowsGrad {
  using signatures::FirstRowsGrad::FirstRowsGrad;

  void run(Call& call) const {
    TF_Tensor* first = call.input(inDy());
    const float* add = call.data(inAdd());
    const int32_t* sizes = call.data<const int32_t>(inSizes());
    if (!call.ok()) return;
    const float* dy = call.data(first);
    const int64_t batch = sizes[0], length = sizes[1], width = columns(first), count = rows(first) / batch;
    float* dx = call.output(outDx(), {batch * length, width});
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

bool registerAll() {
  return registerOps<Products, LayerNorm, LayerNormGrad, AttentionForward, AttentionGrad, RotaryAttentionForward, RotaryAttentionGrad,
                     FirstRowAttentionForward, FirstRowAttentionGrad, PostNormEval, PostNormTraining, PostNormGrad, DropoutMask, AdamWStep,
                     SumOfSquares, GatherRows, FirstRowsGrad, ReadFloats, ReadRows>();
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
