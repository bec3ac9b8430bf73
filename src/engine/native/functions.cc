// A Node-API addon by which a graph becomes a TensorFlow function that runs in one call, on tensors that stay on the device. It has a
// TensorFlow context of its own, since that of tfjs-node-gpu's binding is private; devices and their memory are the process's.
#include <node_api.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

namespace {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/** TensorFlow's status; throws where it is an error. */
class Status {
 public:
  Status() : status_(TF_NewStatus()) {}
  ~Status() { TF_DeleteStatus(status_); }
  operator TF_Status*() { return status_; }
  void check() const {
    if (TF_GetCode(status_) != TF_OK) throw Failure(TF_Message(status_));
  }

 private:
  TF_Status* status_;
};

/** What is deleted by a function of TensorFlow's at the end of a block. */
template <class T, void (*remove)(T*)>
class Owned {
 public:
  explicit Owned(T* pointer) : pointer_(pointer) {}
  ~Owned() {
    if (pointer_) remove(pointer_);
  }
  Owned(const Owned&) = delete;
  operator T*() const { return pointer_; }

 private:
  T* pointer_;
};

void removeHandle(TFE_TensorHandle* handle) { TFE_DeleteTensorHandle(handle); }

/** What JavaScript gave, as C++ has it. */
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env(env) {
    size_t count = kMost;
    ok(napi_get_cb_info(env, info, &count, values_, nullptr, nullptr));
    if (count < kMost) std::fill(values_ + count, values_ + kMost, nullptr);
  }

  int integer(int i) const {
    int32_t value;
    ok(napi_get_value_int32(env, values_[i], &value));
    return value;
  }

  std::string text(int i) const { return text(values_[i]); }

  std::vector<std::string> texts(int i) const {
    std::vector<std::string> all;
    for (napi_value each : elements(i)) all.push_back(text(each));
    return all;
  }

  std::vector<int64_t> integers(int i) const {
    std::vector<int64_t> all;
    for (napi_value each : elements(i)) {
      all.emplace_back();
      ok(napi_get_value_int64(env, each, &all.back()));
    }
    return all;
  }

  std::vector<napi_value> elements(int i) const {
    uint32_t length;
    ok(napi_get_array_length(env, values_[i], &length));
    std::vector<napi_value> all(length);
    for (uint32_t j = 0; j < length; j++) ok(napi_get_element(env, values_[i], j, &all[j]));
    return all;
  }

  TFE_TensorHandle* handle(int i) const { return handle(values_[i]); }

  TFE_TensorHandle* handle(napi_value value) const {
    TFE_TensorHandle* handle = *place(value);
    if (!handle) throw Failure("a tensor was used after it had been freed");
    return handle;
  }

  /** Where the handles of an array's tensors are kept. */
  std::vector<TFE_TensorHandle**> places(int i) const {
    std::vector<TFE_TensorHandle**> all;
    for (napi_value each : elements(i)) all.push_back(place(each));
    return all;
  }

  bool isArray(napi_value value) const {
    bool is;
    ok(napi_is_typedarray(env, value, &is));
    return is;
  }

  /** The bytes of a typed array. */
  std::pair<const void*, size_t> bytes(int i) const { return typed(values_[i]).second; }

  /** A typed array of numbers as TensorFlow has them. */
  std::pair<TF_DataType, std::pair<const void*, size_t>> row(napi_value value) const {
    const auto [type, bytes] = typed(value);
    if (type != napi_int32_array && type != napi_float32_array) throw Failure("a row of another type was expected");
    return {type == napi_int32_array ? TF_INT32 : TF_FLOAT, bytes};
  }

  static void ok(napi_status status) {
    if (status != napi_ok) throw Failure("an argument of another type was expected");
  }

  const napi_env env;

 private:
  std::pair<napi_typedarray_type, std::pair<const void*, size_t>> typed(napi_value value) const {
    napi_typedarray_type type;
    size_t length;
    void* data;
    ok(napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr));
    static constexpr int kSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
    return {type, {data, length * kSizes[type]}};
  }

  std::string text(napi_value value) const {
    size_t length;
    ok(napi_get_value_string_utf8(env, value, nullptr, 0, &length));
    std::string text(length, 0);
    ok(napi_get_value_string_utf8(env, value, &text[0], length + 1, &length));
    return text;
  }

  /** Where a tensor's handle is kept; null in it once it has been freed. */
  TFE_TensorHandle** place(napi_value value) const {
    void* place;
    ok(napi_get_value_external(env, value, &place));
    return static_cast<TFE_TensorHandle**>(place);
  }

  static constexpr size_t kMost = 5;
  napi_value values_[kMost];
};

/** The process's, made by the first that asks and never deleted: TensorFlow's threads may outlive Node's. */
TFE_Context* context() {
  static TFE_Context* context = [] {
    Status status;
    Owned<TFE_ContextOptions, TFE_DeleteContextOptions> options(TFE_NewContextOptions());
    // A ConfigProto with allow_soft_placement: what a GPU has no kernel for is left to the processor.
    static constexpr unsigned char kConfig[] = {7 << 3, 1};
    TFE_ContextOptionsSetConfig(options, kConfig, sizeof(kConfig), status);
    status.check();
    TFE_Context* made = TFE_NewContext(options, status);
    status.check();
    return made;
  }();
  return context;
}

/** A tensor for JavaScript, which may free it, and does at the latest when nothing refers to it any more. */
napi_value wrapped(napi_env env, TFE_TensorHandle* handle) {
  auto place = new TFE_TensorHandle*(handle);
  napi_value value;
  Arguments::ok(napi_create_external(
      env, place,
      [](napi_env, void* data, void*) {
        auto place = static_cast<TFE_TensorHandle**>(data);
        if (*place) TFE_DeleteTensorHandle(*place);
        delete place;
      },
      nullptr, &value));
  return value;
}

/** devices(): the names of all that TensorFlow can compute on. */
napi_value Devices(const Arguments& given) {
  Status status;
  Owned<TF_DeviceList, TF_DeleteDeviceList> list(TFE_ContextListDevices(context(), status));
  status.check();
  napi_value names;
  Arguments::ok(napi_create_array(given.env, &names));
  for (int i = 0; i < TF_DeviceListCount(list); i++) {
    const char* name = TF_DeviceListName(list, i, status);
    status.check();
    napi_value text;
    Arguments::ok(napi_create_string_utf8(given.env, name, NAPI_AUTO_LENGTH, &text));
    Arguments::ok(napi_set_element(given.env, names, i, text));
  }
  return names;
}

/** A tensor on a device, of a copy of the numbers. */
TFE_TensorHandle* uploaded(TF_DataType type, const std::vector<int64_t>& shape, std::pair<const void*, size_t> bytes,
                           const std::string& device) {
  const auto [data, size] = bytes;
  Owned<TF_Tensor, TF_DeleteTensor> tensor(TF_AllocateTensor(type, shape.data(), shape.size(), size));
  size_t elements = 1;
  for (int64_t dim : shape) elements *= dim;
  if (elements * TF_DataTypeSize(type) != size) throw Failure("an array of another length was expected");
  std::memcpy(TF_TensorData(tensor), data, size);
  Status status;
  Owned<TFE_TensorHandle, removeHandle> here(TFE_NewTensorHandle(tensor, status));
  status.check();
  TFE_TensorHandle* there = TFE_TensorHandleCopyToDevice(here, context(), device.c_str(), status);
  status.check();
  return there;
}

/** upload(type, shape, typed array, device): a tensor, of a copy of the numbers. */
napi_value Upload(const Arguments& given) {
  const auto type = static_cast<TF_DataType>(given.integer(0));
  return wrapped(given.env, uploaded(type, given.integers(1), given.bytes(2), given.text(3)));
}

/** read(tensor): its numbers, as an ArrayBuffer. */
napi_value Read(const Arguments& given) {
  Status status;
  Owned<TF_Tensor, TF_DeleteTensor> tensor(TFE_TensorHandleResolve(given.handle(0), status));
  status.check();
  void* data;
  napi_value buffer;
  Arguments::ok(napi_create_arraybuffer(given.env, TF_TensorByteSize(tensor), &data, &buffer));
  std::memcpy(data, TF_TensorData(tensor), TF_TensorByteSize(tensor));
  return buffer;
}

/** Gives the memory of an array's tensors back; those that have been freed stay so. */
void release(const Arguments& given, int i) {
  for (TFE_TensorHandle** place : given.places(i)) {
    if (*place) TFE_DeleteTensorHandle(*place);
    *place = nullptr;
  }
}

/** free(tensors) */
napi_value Free(const Arguments& given) {
  release(given, 0);
  return nullptr;
}

/** "n3:1" in a graph. */
std::vector<TF_Output> outputsOf(TF_Graph* graph, const std::vector<std::string>& names) {
  std::vector<TF_Output> all;
  for (const std::string& name : names) {
    const size_t colon = name.rfind(':');
    TF_Operation* operation = TF_GraphOperationByName(graph, name.substr(0, colon).c_str());
    if (!operation) throw Failure("the graph has no " + name);
    all.push_back({operation, std::stoi(name.substr(colon + 1))});
  }
  return all;
}

/** define(name, bytes of a GraphDef, inputs, outputs): adds a function; inputs and outputs as "node:place". */
napi_value Define(const Arguments& given) {
  const std::string name = given.text(0);
  const auto [data, size] = given.bytes(1);
  Status status;
  Owned<TF_Graph, TF_DeleteGraph> graph(TF_NewGraph());
  Owned<TF_Buffer, TF_DeleteBuffer> definition(TF_NewBufferFromString(data, size));
  Owned<TF_ImportGraphDefOptions, TF_DeleteImportGraphDefOptions> options(TF_NewImportGraphDefOptions());
  TF_GraphImportGraphDef(graph, definition, options, status);
  status.check();
  const std::vector<TF_Output> inputs = outputsOf(graph, given.texts(2));
  const std::vector<TF_Output> outputs = outputsOf(graph, given.texts(3));
  Owned<TF_Function, TF_DeleteFunction> function(TF_GraphToFunction(graph, name.c_str(), false, -1, nullptr, inputs.size(),
                                                                    inputs.data(), outputs.size(), outputs.data(), nullptr,
                                                                    nullptr, nullptr, status));
  status.check();
  TFE_ContextAddFunction(context(), function, status);
  status.check();
  return nullptr;
}

/** remove(name): forgets a function. */
napi_value Remove(const Arguments& given) {
  Status status;
  TFE_ContextRemoveFunction(context(), given.text(0).c_str(), status);
  status.check();
  return nullptr;
}

/**
 * call(name, inputs, number of outputs, device, freed): frees tensors, then runs a function, or an operation of TensorFlow's own. An
 * input is a tensor, or an Int32Array or Float32Array that goes in as a row.
 */
napi_value Call(const Arguments& given) {
  release(given, 4);
  const std::string device = given.text(3);
  Status status;
  Owned<TFE_Op, TFE_DeleteOp> op(TFE_NewOp(context(), given.text(0).c_str(), status));
  status.check();
  TFE_OpSetDevice(op, device.c_str(), status);
  status.check();
  for (napi_value input : given.elements(1)) {
    if (given.isArray(input)) {
      const auto [type, bytes] = given.row(input);
      const auto length = static_cast<int64_t>(bytes.second / TF_DataTypeSize(type));
      Owned<TFE_TensorHandle, removeHandle> row(uploaded(type, {length}, bytes, device));
      TFE_OpAddInput(op, row, status);
    } else {
      TFE_OpAddInput(op, given.handle(input), status);
    }
    status.check();
  }
  std::vector<TFE_TensorHandle*> outputs(given.integer(2));
  int count = outputs.size();
  TFE_Execute(op, outputs.data(), &count, status);
  status.check();
  napi_value all;
  Arguments::ok(napi_create_array_with_length(given.env, count, &all));
  for (int i = 0; i < count; i++) Arguments::ok(napi_set_element(given.env, all, i, wrapped(given.env, outputs[i])));
  return all;
}

/** A function of JavaScript's that throws what TensorFlow says. */
template <napi_value (*run)(const Arguments&)>
napi_value callable(napi_env env, napi_callback_info info) {
  try {
    return run(Arguments(env, info));
  } catch (const std::exception& failure) {
    napi_throw_error(env, nullptr, failure.what());
    return nullptr;
  }
}

template <napi_value (*run)(const Arguments&)>
napi_property_descriptor method(const char* name) {
  return {name, nullptr, callable<run>, nullptr, nullptr, nullptr, napi_default, nullptr};
}

napi_value start(napi_env env, napi_value exports) {
  napi_property_descriptor properties[] = {
      method<Devices>("devices"), method<Upload>("upload"), method<Read>("read"), method<Free>("free"),
      method<Define>("define"),   method<Remove>("remove"), method<Call>("call"),
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
  napi_value sources;
  napi_create_string_utf8(env, FROSTKIT_SOURCES, NAPI_AUTO_LENGTH, &sources);
  napi_set_named_property(env, exports, "sources", sources);
  return exports;
}

}

NAPI_MODULE(frostkit_functions, start)
