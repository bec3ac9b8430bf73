import * as tf from "@tensorflow/tfjs-core";
import { addonLoaded } from "./native/loadTensorflow";
import type { TensorflowBackend } from "./TensorflowBackend";

/** An attribute of an op; numbers are whole unless they say that they are not. */
export type Attribute = boolean | number | { float: number };

/** A seed or a few settings go along as they are; `null` where an op's input is left out. */
export type Input = tf.Tensor | Float32Array | Int32Array | null;

/**
 * The ops that native/kernels adds to TensorFlow: `tensorflowOps.cc` says what each takes and gives. They run on the CPU alone and
 * do not check what they are given.
 */
export class NativeKernels {
  #backend: TensorflowBackend;
  #none: number;

  constructor(backend: TensorflowBackend) {
    this.#backend = backend;
    const { binding } = backend;
    this.#none = binding.createTensor([0], binding.TF_FLOAT, new Float32Array(0));
  }

  /** Runs `Frostkit<op>`; an output without elements comes back as `null`. */
  run(
    op: string,
    attributes: Record<string, Attribute>,
    inputs: Input[],
    outputs: number,
  ): (tf.Tensor | null)[] {
    const { binding } = this.#backend;
    const passing: number[] = [];
    const ids = inputs.map((input) => {
      if (input === null) return this.#none;
      if (!ArrayBuffer.isView(input)) return this.#backend.getInputTensorIds([input])[0];
      const dtype = input instanceof Int32Array ? binding.TF_INT32 : binding.TF_FLOAT;
      const id = binding.createTensor([input.length], dtype, input);
      passing.push(id);
      return id;
    });
    try {
      const given = Object.entries(attributes).map(([name, value]) => {
        if (typeof value === "boolean") return { name, type: binding.TF_ATTR_BOOL, value };
        if (typeof value === "number") return { name, type: binding.TF_ATTR_INT, value };
        return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
      });
      return binding.executeOp(`Frostkit${op}`, given, ids, outputs).map((output) => {
        if (!output.shape.includes(0)) return this.#backend.createOutputTensor(output);
        binding.deleteTensor(output.id);
        return null;
      });
    } finally {
      for (const id of passing) binding.deleteTensor(id);
    }
  }

  /** Whether no other tensor shares this one's data, so that it may be changed where it lies. */
  owns(tensor: tf.Tensor): boolean {
    return this.#backend.refCount(tensor.dataId) === 1;
  }
}

const known = new WeakMap<object, NativeKernels>();

/** The native kernels where TensorFlow is the engine in use, computes on the CPU and was linked with them, else `null`. */
export function nativeKernels(): NativeKernels | null {
  if (tf.getBackend() !== "tensorflow" || !addonLoaded()) return null;
  const backend = tf.backend() as unknown as TensorflowBackend;
  if (backend.isUsingGpuDevice) return null;
  let kernels = known.get(backend);
  if (!kernels) {
    kernels = new NativeKernels(backend);
    known.set(backend, kernels);
  }
  return kernels;
}
