// How an op meets TensorFlow, through its C interface (tensorflow/c/kernels.h), which has stayed the same since 2.0.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"

namespace {

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

  /** What an int32 input says a shape is. */
  std::vector<int64_t> shape(int i) {
    TF_Tensor* tensor = input(i);
    const int32_t* dims = data<const int32_t>(tensor);
    return {dims, dims + (dims ? TF_TensorElementCount(tensor) : 0)};
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

int64_t elements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t dim : shape) count *= dim;
  return count;
}

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

/** Makes an op of TensorFlow's CPU device of a struct that extends a signature with `run`. */
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

template <class... Op>
bool registerOps() {
  return (registerOp<Op>() && ...);
}

}
