#pragma once
#include <cstdint>

namespace frostkit {

/** How many threads `parallel` runs at once: TF_NUM_INTRAOP_THREADS where that is set, else as many as there are processors for this process. */
int threads();

/**
 * Calls `part(context, i)` for every i below `count`, on several threads, and returns when all are done. Parts are handed out one by
 * one, so they should be of some microseconds each. Must not be called from within a part.
 */
void parallel(int64_t count, void (*part)(void* context, int64_t i), void* context);

template <class Part>
void parallel(int64_t count, Part&& part) {
  parallel(count, [](void* context, int64_t i) { (*static_cast<Part*>(context))(i); }, const_cast<void*>(static_cast<const void*>(&part)));
}

}
