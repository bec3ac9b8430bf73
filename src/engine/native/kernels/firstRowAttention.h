// Attention from one query of each text to all its rows, in an order in which neither keys nor values are made: the query of each head
// goes through the keys' weight and meets the rows themselves, and the rows are summed up before they go through the values' weight.
// The keys' bias adds the same to all scores of a query, which a softmax does not see. What is multiplied is little, and stays float32.
#pragma once
#include <vector>

#include "attention.h"

namespace FROSTKIT_ISA {

/** Calls part(head, from, count) for each head and each half of the columns, on several threads. */
template <class Part>
static inline void forHalves(int64_t heads, int64_t columns, Part&& part) {
  const int64_t half = roundUp((columns + 1) / 2, TILE_COLUMNS), halves = (columns + half - 1) / half;
  frostkit::parallel(heads * halves, [&](int64_t i) {
    const int64_t from = i % halves * half;
    part(i / halves, from, std::min(half, columns - from));
  });
}

static inline float sumOf(const float* data, int64_t size) {
  Vec total = {};
  for (int64_t j = 0; j < size; j += LANES) total += load(data + j, size - j);
  return sum(total);
}

/** weights = softmax(scale · q Wₖ xᵀ + mask), y = drop(weights) (x Wᵥᵀ + bᵥ), for each text and head. */
static void firstRowAttention(const FirstRowAttention& p) {
  const int64_t own = p.heads * p.width, wide = p.heads * p.hidden;
  std::vector<float> totals(p.batch * p.heads);
  forHalves(p.heads, p.hidden, [&](int64_t head, int64_t from, int64_t count) {
    multiplyInto(p.turned + head * p.hidden + from, wide, p.batch, count, p.width, rowsOf(p.query + head * p.width, own),
                 rowsOf(p.keyWeight + head * p.width * p.hidden + from, p.hidden), p.scale);
  });
  frostkit::parallel(p.batch, [&](int64_t text) {
    const float* x = p.x + text * p.keys * p.hidden;
    float* weights = p.weights + text * p.heads * p.keys;
    float* used = p.drop.threshold > 0 ? scoresBuffer.of(p.heads * p.keys) : weights;
    multiplyInto(weights, p.keys, p.heads, p.keys, p.hidden, rowsOf(p.turned + text * wide, p.hidden), columnsOf(x, p.hidden));
    for (int64_t head = 0; head < p.heads; head++) {
      const int64_t row = head * p.keys;
      softmaxRow(weights + row, p.mask + text * p.keys, p.keys, p.drop, used + row, text * p.heads * p.keys + row);
      totals[text * p.heads + head] = sumOf(used + row, p.keys);
    }
    multiplyInto(p.pooled + text * wide, p.hidden, p.heads, p.hidden, p.keys, rowsOf(used, p.keys), rowsOf(x, p.hidden));
  });
  frostkit::parallel(p.heads, [&](int64_t head) {
    multiplyInto(p.y + head * p.width, own, p.batch, p.width, p.hidden, rowsOf(p.pooled + head * p.hidden, wide),
                 columnsOf(p.valueWeight + head * p.width * p.hidden, p.hidden));
    for (int64_t text = 0; text < p.batch; text++)
      for (int64_t j = head * p.width; j < (head + 1) * p.width; j++)
        p.y[text * own + j] += totals[text * p.heads + head] * p.valueBias[j];
  });
}

/** The gradients of what `firstRowAttention` read; those whose pointer is null are not computed, and that of the keys' bias is 0. */
static void firstRowAttentionGradients(const FirstRowAttentionGradients& p) {
  const int64_t own = p.heads * p.width, wide = p.heads * p.hidden, size = p.heads * p.keys;
  const bool toQuery = p.ofQuery || p.ofKeyWeight, toScores = p.ofX || toQuery, drops = p.drop.threshold > 0;
  std::vector<float> ofPooled(toScores ? p.batch * wide : 0), ofTurned(toQuery ? p.batch * wide : 0), totals(p.batch * p.heads);
  if (toScores)
    forHalves(p.heads, p.hidden, [&](int64_t head, int64_t from, int64_t count) {
      multiplyInto(ofPooled.data() + head * p.hidden + from, wide, p.batch, count, p.width, rowsOf(p.dy + head * p.width, own),
                   rowsOf(p.valueWeight + head * p.width * p.hidden + from, p.hidden));
    });
  frostkit::parallel(p.batch, [&](int64_t text) {
    const float *x = p.x + text * p.keys * p.hidden, *weights = p.weights + text * size;
    // What each row of the text was weighed by, and below that what its score would have to change by.
    float *used = scoresBuffer.of(2 * size), *ofScores = used + size;
    if (drops) dropped(used, weights, size, p.drop, text * size);
    else std::copy(weights, weights + size, used);
    for (int64_t head = 0; head < p.heads; head++) totals[text * p.heads + head] = sumOf(used + head * p.keys, p.keys);
    if (!toScores) return;
    multiplyInto(ofScores, p.keys, p.heads, p.keys, p.hidden, rowsOf(ofPooled.data() + text * wide, p.hidden), columnsOf(x, p.hidden));
    for (int64_t head = 0; head < p.heads; head++) {
      float* row = ofScores + head * p.keys;
      float ofTotal = 0;
      for (int64_t j = head * p.width; j < (head + 1) * p.width; j++) ofTotal += p.dy[text * own + j] * p.valueBias[j];
      for (int64_t j = 0; j < p.keys; j++) row[j] += ofTotal;
      softmaxRowGradient(row, weights + head * p.keys, p.keys, p.drop, text * size + head * p.keys);
    }
    if (toQuery)
      multiplyInto(ofTurned.data() + text * wide, p.hidden, p.heads, p.hidden, p.keys, rowsOf(ofScores, p.keys), rowsOf(x, p.hidden));
    if (p.ofX) {
      float* met = gradientsBuffer.of(2 * wide);
      std::copy(ofPooled.data() + text * wide, ofPooled.data() + (text + 1) * wide, met);
      std::copy(p.turned + text * wide, p.turned + (text + 1) * wide, met + wide);
      const int64_t at = text * p.keys * p.hidden;
      multiplyHere({p.keys, p.hidden, 2 * p.heads, columnsOf(used, p.keys), rowsOf(met, p.hidden), p.ofX + at, p.hidden, 1, nullptr,
                    nullptr, NONE, p.add ? p.add + at : nullptr, nullptr});
    }
  });
  if (p.ofValueWeight || p.ofKeyWeight)
    forHalves(p.heads, p.hidden, [&](int64_t head, int64_t from, int64_t count) {
      const int64_t to = head * p.width * p.hidden + from, column = head * p.hidden + from;
      if (p.ofValueWeight)
        multiplyInto(p.ofValueWeight + to, p.hidden, p.width, count, p.batch, columnsOf(p.dy + head * p.width, own),
                     rowsOf(p.pooled + column, wide));
      if (p.ofKeyWeight)
        multiplyInto(p.ofKeyWeight + to, p.hidden, p.width, count, p.batch, columnsOf(p.query + head * p.width, own),
                     rowsOf(ofTurned.data() + column, wide), p.scale);
    });
  frostkit::parallel(p.heads, [&](int64_t head) {
    if (p.ofQuery)
      multiplyInto(p.ofQuery + head * p.width, own, p.batch, p.width, p.hidden, rowsOf(ofTurned.data() + head * p.hidden, wide),
                   columnsOf(p.keyWeight + head * p.width * p.hidden, p.hidden), p.scale);
    for (int64_t j = head * p.width; p.ofValueBias && j < (head + 1) * p.width; j++) {
      float total = 0;
      for (int64_t text = 0; text < p.batch; text++) total += totals[text * p.heads + head] * p.dy[text * own + j];
      p.ofValueBias[j] = total;
    }
  });
}

}
