// A Node-API addon of two functions. begin() sends what any library writes to stderr into memory; end() gives stderr back and
// returns what came. dup2 swaps a descriptor in one step, which Node's own fs cannot. Compiled beside tfjs-node-gpu's binding.
#include <fcntl.h>
#include <node_api.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace {

int real_stderr = -1;
int memory = -1;

// A library that dies while it loads says why first: "compiled to use AVX instructions, but these aren't available".
const int kSignals[] = {SIGABRT, SIGILL};
const int kCount = sizeof(kSignals) / sizeof(kSignals[0]);
struct sigaction previous[kCount];

// Only functions that POSIX allows in a signal's handler. The handler is reset once entered, so that raise() ends the process.
void OnCrash(int signal) {
  char buffer[4096];
  ssize_t count;
  lseek(memory, 0, SEEK_SET);
  while ((count = read(memory, buffer, sizeof(buffer))) > 0)
    if (write(real_stderr, buffer, count) < 0) break;
  raise(signal);
}

napi_value Begin(napi_env, napi_callback_info) {
  if (memory >= 0) return nullptr;
  memory = memfd_create("frostkit", MFD_CLOEXEC);
  real_stderr = memory < 0 ? -1 : fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (real_stderr < 0 || dup2(memory, 2) < 0) {
    if (real_stderr >= 0) close(real_stderr);
    if (memory >= 0) close(memory);
    memory = -1;
    return nullptr;
  }
  struct sigaction action = {};
  action.sa_handler = OnCrash;
  action.sa_flags = SA_RESETHAND;
  for (int i = 0; i < kCount; i++) sigaction(kSignals[i], &action, &previous[i]);
  return nullptr;
}

napi_value End(napi_env env, napi_callback_info) {
  std::string text;
  if (memory >= 0) {
    for (int i = 0; i < kCount; i++) sigaction(kSignals[i], &previous[i], nullptr);
    dup2(real_stderr, 2);
    char buffer[4096];
    ssize_t count;
    lseek(memory, 0, SEEK_SET);
    while ((count = read(memory, buffer, sizeof(buffer))) > 0) text.append(buffer, count);
    close(real_stderr);
    close(memory);
    memory = -1;
  }
  napi_value result;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_property_descriptor functions[] = {
      {"begin", nullptr, Begin, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"end", nullptr, End, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, 2, functions);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
