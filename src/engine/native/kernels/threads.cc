#include "threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace frostkit {
namespace {

/** Work that is handed out part by part. */
struct Job {
  int64_t count = 0;
  void (*part)(void*, int64_t) = nullptr;
  void* context = nullptr;
};

class Pool {
 public:
  explicit Pool(int size) : size_(size) {
    for (int i = 1; i < size; i++) std::thread([this] { work(); }).detach();
  }

  int size() const { return size_; }

  void run(const Job& job) {
    std::lock_guard<std::mutex> one(caller_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = job;
      open_ = true;
      next_.store(0, std::memory_order_relaxed);
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    take(job);
    {
      // A thread that has not come by now finds nothing left to do, and is not waited for.
      std::lock_guard<std::mutex> lock(mutex_);
      open_ = false;
    }
    // Those that came end their last parts within microseconds; should they have lost their processor, so should this thread.
    for (int spins = 0; active_.load(std::memory_order_acquire) > 0; spins++)
      if (spins > SPINS) std::this_thread::yield();
      else pause();
  }

 private:
  // Some tens of microseconds: kernels follow each other at such distances, and to sleep and wake would cost as much.
  static constexpr int SPINS = 4000;

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  void take(const Job& job) {
    for (int64_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < job.count;) job.part(job.context, i);
  }

  void work() {
    uint64_t seen = 0;
    for (;;) {
      for (int spins = 0; spins < SPINS && round_.load(std::memory_order_acquire) == seen; spins++) pause();
      Job job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return round_.load(std::memory_order_relaxed) != seen; });
        seen = round_.load(std::memory_order_relaxed);
        if (!open_) continue;
        active_.fetch_add(1, std::memory_order_relaxed);
        job = job_;
      }
      take(job);
      active_.fetch_sub(1, std::memory_order_release);
    }
  }

  const int size_;
  std::mutex caller_, mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> round_{0};
  std::atomic<int64_t> next_{0};
  std::atomic<int> active_{0};
  bool open_ = false;
  Job job_;
};

Pool& pool() {
  // Never destroyed: its threads wait in it until the process ends.
  static Pool* const pool = [] {
    const char* wish = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int wished = wish ? std::atoi(wish) : 0;
    const int processors = static_cast<int>(std::thread::hardware_concurrency());
    return new Pool(std::max(1, wished > 0 ? wished : processors));
  }();
  return *pool;
}

}

int threads() { return pool().size(); }

void parallel(int64_t count, void (*part)(void*, int64_t), void* context) {
  if (count <= 1 || pool().size() == 1) {
    for (int64_t i = 0; i < count; i++) part(context, i);
    return;
  }
  pool().run({count, part, context});
}

}
