import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import { registerWasmKernels } from "./registerWasmKernels";
import type { RuntimeProducts } from "./runtimeProducts";

// TypeScript declares WebAssembly among a browser's names only.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: object } }) => { exports: object };
};

/** What kernels.wasm exports; `kernels/` says what each does and takes. */
type Kernels = Record<
  | "adamW"
  | "attention"
  | "attentionGradients"
  | "attentionScratch"
  | "dropoutMask"
  | "gatherRows"
  | "gelu"
  | "geluGradient"
  | "layerNorm"
  | "layerNormGradients"
  | "matMul"
  | "matMulScratch"
  | "segmentSum"
  | "sumOfSquares"
  | "sumRows",
  (...args: number[]) => number
>;

/** The parts of tfjs's BackendWasm (backend_wasm.ts) that are used here; `wasm` is its module as Emscripten presents it. */
interface Backend {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: object): void;
  dataIdMap: { get(dataId: object): { memoryOffset: number } };
  wasm: {
    asm: { memory: { buffer: ArrayBuffer } };
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  };
}

/**
 * Kernels of our own that read and write tensors where tfjs's wasm backend keeps them: a second WebAssembly module on the same
 * memory. A pointer is an offset into that memory, so it stays right when the memory grows.
 */
export class WasmHeap {
  readonly kernels: Kernels;
  /** Multiplies large matrices; where it is null, `kernels.matMul` does. `useEngine` sets it. */
  products: RuntimeProducts | null = null;
  #backend: Backend;
  #scratch = { pointer: 0, bytes: 0 };

  constructor(backend: Backend) {
    this.#backend = backend;
    // One file for dist/engine/ and, where tests run from the sources, src/engine/.
    const file = join(__dirname, "../../dist/engine/kernels.wasm");
    if (!existsSync(file))
      throw new FrostError(
        `the wasm engine's kernels: expected ${file}, found no such file; run npm run build`,
      );
    const { memory } = backend.wasm.asm;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
      env: { memory },
    });
    this.kernels = exports as Kernels;
  }

  /** A new float32 tensor. Its values are whatever lay there before: a kernel has to write them all. */
  make(shape: number[]): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.makeInfo(shape));
  }

  /** The same for a kernel that tfjs calls, which makes the tensor itself. */
  makeInfo(shape: number[]): tf.TensorInfo {
    const bytes = 4 * tf.util.sizeFromShape(shape);
    // tfjs takes a request of 4 GB or more modulo 4 GB, and 0, which says that memory ran out, for a place to write to.
    if (bytes >= 2 ** 32) throw outOfMemory(bytes);
    const info = this.#backend.makeOutput(shape, "float32");
    if (bytes > 0 && this.at(info) === 0) {
      this.#backend.disposeData(info.dataId);
      throw outOfMemory(bytes);
    }
    return info;
  }

  /** Where a tensor's values lie; 0 where there is no tensor. */
  at(tensor: tf.TensorInfo | null | undefined, dtype: tf.DataType = "float32"): number {
    if (!tensor) return 0;
    if (tensor.dtype !== dtype)
      throw new FrostError(
        `a wasm kernel expected a ${dtype} tensor, got ${tensor.dtype} of shape [${tensor.shape}]`,
      );
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /**
   * A tensor's values where they lie. Growing memory detaches every view, so one is good until the next tensor is made, and no longer.
   */
  view(tensor: tf.Tensor): Float32Array {
    return new Float32Array(this.#backend.wasm.asm.memory.buffer, this.at(tensor), tensor.size);
  }

  /** At least so many bytes for a kernel to work in, good until the next call. */
  scratch(bytes: number): number {
    if (bytes > this.#scratch.bytes) {
      const { wasm } = this.#backend;
      wasm._free(this.#scratch.pointer);
      this.#scratch = { pointer: 0, bytes: 0 };
      const pointer = wasm._malloc(bytes);
      if (pointer === 0) throw outOfMemory(bytes);
      this.#scratch = { pointer, bytes };
    }
    return this.#scratch.pointer;
  }
}

const outOfMemory = (bytes: number) =>
  new FrostError(
    `the wasm engine is out of memory: ${bytes} bytes more do not fit into the 4 GB it can hold; use less at once`,
  );

const heaps = new WeakMap<object, WasmHeap>();

/** The heap of the wasm backend where that is the one in use, else `null`. */
export function wasmHeap(): WasmHeap | null {
  if (tf.getBackend() !== "wasm") return null;
  const backend = tf.backend();
  let heap = heaps.get(backend);
  if (!heap) {
    heap = new WasmHeap(backend as unknown as Backend);
    heaps.set(backend, heap);
    registerWasmKernels(heap);
  }
  return heap;
}
