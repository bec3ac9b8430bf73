// What each instruction set's kernels offer. Matrices are row-major float32; what a null pointer stands for is left out.
#pragma once
#include <cstdint>

/** What ops/activations adds to the number of an activation that is gated: multiplied by a second matrix. */
constexpr int kGated = 8;

/**
 * A matrix as a product reads it: element (i, j) is f(data[i · rowStride + j · columnStride]), where the activation is gated times the
 * number that lies `gate` behind; rounded to bfloat16 on request.
 */
struct Operand {
  const float* data;
  int64_t rowStride, columnStride;
  int activation;
  bool bfloat16;
  int64_t gate = 0;
};

/**
 * y = (scale · a · b + bias) ⊙ f'(slopeOf) + add, [m, n] with rows `stride` apart; rowSums[i] = Σ_j of a's data. Where it is to
 * `accumulate`, scale · a · b is added to y. Where f is gated, y, slopeOf and add are [m, 2 · n], for the gradients of both halves.
 */
struct Product {
  int64_t m, n, k;
  Operand a, b;
  float* y;
  int64_t stride;
  float scale;
  const float* bias;
  const float* slopeOf;
  int slope;
  const float* add;
  float* rowSums;
  bool accumulate;
};

/** Draws below `threshold` of 2²⁴ become 0, the others `scale`; threshold 0 drops nothing. */
struct Dropout {
  uint32_t seed;
  float threshold, scale;
};

struct Norm {
  int64_t rows, width;
  const float *x, *residual, *weight, *bias;
  float eps;
  Dropout drop;
  float *y, *normal, *scale;
  /** The number of the first row, as `drop` counts them. */
  int64_t first;
};

/** `add` is added to the gradient of x. */
struct NormGradients {
  int64_t rows, width;
  const float *dy, *normal, *scale, *weight, *add;
  Dropout drop;
  float *ofX, *ofResidual, *ofWeight, *ofBias;
  /** The number of the first row, as `drop` counts them. */
  int64_t first;
};

/** Queries [batch · queries, heads · width], keys and values [batch · keys, heads · width], a mask [batch, maskRows, keys]. */
struct Attention {
  int64_t batch, heads, queries, keys, width, maskRows;
  float scale;
  bool bfloat16;
  const float *query, *key, *value, *mask;
  Dropout drop;
  float *weights, *y;
  /** The number of the first text, as `drop` counts them. */
  int64_t first;
};

struct AttentionGradients {
  int64_t batch, heads, queries, keys, width;
  float scale;
  bool bfloat16;
  const float *dy, *query, *key, *value, *weights;
  Dropout drop;
  float *ofQuery, *ofKey, *ofValue;
  /** The number of the first text, as `drop` counts them. */
  int64_t first;
};

/**
 * Attention among rows that hold queries, keys and values side by side, [batch · n, 3 · heads · width]; queries and keys are turned by
 * cos and sin [n, width / 2]. The first `queries` of each text look at what lies at most `reach` away. Each `block` of them shares `keys`
 * keys, from `margin` in front of its first on: weights are [batch, heads, queries, keys], y is [batch · queries, heads · width].
 */
struct RotaryAttention {
  int64_t batch, heads, n, width, queries, reach, block, margin, keys;
  bool bfloat16;
  const float *qkv, *cos, *sin, *mask;
  Dropout drop;
  float *weights, *y;
};

/** The gradient of qkv from that of y; `forward` has everything but a mask and y. */
struct RotaryAttentionGradients {
  RotaryAttention forward;
  const float* dy;
  float* ofQkv;
};

/**
 * From one query of each text [batch, heads · width] to its rows [batch · keys, hidden]; weights as dense layers have them,
 * [heads · width, hidden]. `turned` and `pooled` are [batch, heads, hidden].
 */
struct FirstRowAttention {
  int64_t batch, heads, keys, width, hidden;
  float scale;
  const float *query, *x, *keyWeight, *valueWeight, *valueBias, *mask;
  Dropout drop;
  float *y, *weights, *turned, *pooled;
};

/** `add` is added to the gradient of x. */
struct FirstRowAttentionGradients {
  int64_t batch, heads, keys, width, hidden;
  float scale;
  const float *dy, *weights, *pooled, *turned, *query, *x, *keyWeight, *valueWeight, *valueBias, *add;
  Dropout drop;
  float *ofQuery, *ofX, *ofKeyWeight, *ofValueWeight, *ofValueBias;
};

/** A post-norm layer's products, in the order in which they run and under BERT's names. */
enum { QUERY, KEY, VALUE, ATTENTION_OUTPUT, INTERMEDIATE, OUTPUT, POST_NORM_PRODUCTS };

/**
 * x [batch · keys, hidden], a mask [batch, keys], weights [out, in] and biases of the products, weights and biases of both norms. What
 * backward reads is saved where its pointer is not null: the `products` but ATTENTION_OUTPUT and OUTPUT, the weights and the output of
 * attention (`context`), the first norm's output (`inner`), and the normalized rows and scales of both norms.
 */
struct PostNormLayer {
  int64_t batch, keys, heads, hidden, intermediate;
  float scale;
  int activation;
  bool bfloat16;
  const float *x, *mask;
  const float *weight[POST_NORM_PRODUCTS], *bias[POST_NORM_PRODUCTS], *normWeight[2], *normBias[2];
  float eps[2];
  /** Identifies the weights where they may be used again unchanged, so that their panels are cached; else 0. */
  int64_t key;
  Dropout dropWeights, drop[2];
  float *y, *products[POST_NORM_PRODUCTS], *weights, *context, *inner, *normal[2], *normScale[2];
};

/**
 * The backward, from dy [batch · keys, hidden], of a layer that saved everything. `passing` is memory to work in,
 * [batch · keys, 5 · hidden + intermediate].
 */
struct PostNormLayerGradients {
  PostNormLayer layer;
  const float* dy;
  float *ofX, *ofWeight[POST_NORM_PRODUCTS], *ofBias[POST_NORM_PRODUCTS], *ofNormWeight[2], *ofNormBias[2], *passing;
};

/** `mean` and `square` change where they lie. */
struct AdamW {
  int64_t size;
  const float* value;
  float *updated, *mean, *square;
  const float* gradient;
  float keep, stepSize, rootScale, eps, b1, b2, gradientScale;
};

struct Kernels {
  void (*multiply)(const Product&);
  void (*layerNorm)(const Norm&);
  void (*layerNormGradients)(const NormGradients&);
  void (*attention)(const Attention&);
  void (*attentionGradients)(const AttentionGradients&);
  void (*rotaryAttention)(const RotaryAttention&);
  void (*rotaryAttentionGradients)(const RotaryAttentionGradients&);
  void (*firstRowAttention)(const FirstRowAttention&);
  void (*firstRowAttentionGradients)(const FirstRowAttentionGradients&);
  void (*postNormLayer)(const PostNormLayer&);
  void (*postNormLayerGradients)(const PostNormLayerGradients&);
  void (*dropoutMask)(const Dropout&, int64_t size, float* mask);
  void (*adamW)(const AdamW*, int64_t count);
  double (*sumOfSquares)(const float* const* arrays, const int64_t* sizes, int64_t count);
};
