import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { test } from "node:test";
import { cudaLibraries } from "../../../src/engine/native/cudaLibraries";
import { temporaryFolder, write } from "./fakes";

/** The folders of CUDA 12's wheels and of CUDA 13's, both installed, as pip lays them out. */
function wheels(): string {
  const nvidia = join(temporaryFolder(), "nvidia");
  for (const file of [
    "__init__.py",
    "cublas/lib/libcublas.so.12",
    "cublas/lib/libcublasLt.so.12",
    "cublas/lib/libnvblas.so.12",
    "cublas/include/cublas.h",
    "cuda_runtime/lib/libcudart.so.12",
    "cudnn/lib/libcudnn.so.9",
    "cudnn/lib/libcudnn_ops.so.9",
    "cu13/lib/libcudart.so.13",
    "cu13/lib/libcublas.so.13",
    "cu13/lib/libnvrtc.so.13",
    "nccl/lib/libnccl.so.2",
    "nccl/lib/libnccl_device.bc",
    "nvshmem/lib/nvshmem_bootstrap_mpi.so.3",
  ])
    write(join(nvidia, file));
  return nvidia;
}

test("What TensorFlow opens by name is taken, in the CUDA it was built for", () => {
  const nvidia = wheels();
  assert.deepEqual(
    cudaLibraries(nvidia, 12).map((path) => relative(nvidia, path)),
    [
      "cublas/lib/libcublas.so.12",
      "cublas/lib/libcublasLt.so.12",
      "cuda_runtime/lib/libcudart.so.12",
      "cudnn/lib/libcudnn.so.9",
      "nccl/lib/libnccl.so.2",
    ],
  );
  assert.deepEqual(
    cudaLibraries(nvidia, 13).map((path) => relative(nvidia, path)),
    [
      "cu13/lib/libcublas.so.13",
      "cu13/lib/libcudart.so.13",
      "cudnn/lib/libcudnn.so.9",
      "nccl/lib/libnccl.so.2",
    ],
  );
});

test("Without NVIDIA's wheels there are none", () => {
  assert.deepEqual(cudaLibraries(join(temporaryFolder(), "nvidia"), 12), []);
});
