// Reading a file's numbers into tensors, by several threads.
#pragma once
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "opCall.h"
#include "signatures.h"
#include "threads.h"

namespace {

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
struct ReadFloats : signatures::ReadFloats {
  using signatures::ReadFloats::ReadFloats;

  void run(Call& call) const {
    const Place place(call.data<const int32_t>(inPlace()));
    const std::vector<int64_t> shape = call.shape(inShape());
    float* values = call.output(outValues(), shape);
    if (!call.ok()) return;
    const int64_t size = 4 * elements(shape);
    std::atomic<bool> whole{true};
    constexpr int64_t PART = 1 << 22;
    frostkit::parallel((size + PART - 1) / PART, [&](int64_t i) {
      const int64_t from = i * PART;
      if (whole && !place.read(from, reinterpret_cast<char*>(values) + from, std::min(size - from, PART))) whole = false;
    });
    if (!whole) call.fail("could not be read to its end");
  }
};

/** Reads rows of a float32 table [entries, width] in a file, several at once and each of them once. */
struct ReadRows : signatures::ReadRows {
  using signatures::ReadRows::ReadRows;

  void run(Call& call) const {
    const Place place(call.data<const int32_t>(inPlace()));
    TF_Tensor* which = call.input(inIds());
    const int32_t *ids = call.data<const int32_t>(which), *table = call.data<const int32_t>(inTable());
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
    float* rows = call.output(outRows(), {count, width});
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

}
