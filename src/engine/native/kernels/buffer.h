#pragma once
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace FROSTKIT_ISA {

/** Memory to work in that is used again from call to call: one for each thread and purpose. */
class Buffer {
 public:
  ~Buffer() { free(data_); }
  float* of(int64_t floats) {
    if (floats > size_) {
      free(data_);
      // Large pages spare the processor most of its look-ups of addresses.
      const int64_t page = int64_t{1} << (floats < (1 << 18) ? 6 : 21), bytes = (floats * 4 + page - 1) / page * page;
      data_ = static_cast<float*>(aligned_alloc(page, bytes));
#if defined(MADV_HUGEPAGE)
      if (page > 64) madvise(data_, bytes, MADV_HUGEPAGE);
#endif
      size_ = floats;
    }
    return data_;
  }

 private:
  float* data_ = nullptr;
  int64_t size_ = 0;
};

}
