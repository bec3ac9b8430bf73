import * as tf from "@tensorflow/tfjs-core";
import { addonLoaded } from "./native/loadTensorflow";
import { lengthOf, SIGNATURES, type Signature, snakeCase } from "./native/signatures";
import type { TensorflowBackend } from "./TensorflowBackend";

/** A seed or a few settings go along as they are; `null` where an op's input is left out. */
export type Input = tf.Tensor | Float32Array | Int32Array | null;

type Signatures = typeof SIGNATURES;
type NativeOp = keyof Signatures;

type AttributesOf<Op extends NativeOp> = {
  -readonly [Name in Exclude<
    keyof Signatures[Op]["attributes"],
    "count"
  >]: Signatures[Op]["attributes"][Name] extends "bool" ? boolean : number;
};
type InputsOf<Op extends NativeOp> = {
  -readonly [Name in keyof Signatures[Op]["inputs"]]: Signatures[Op]["inputs"][Name] extends "floats"
    ? readonly Input[]
    : Input;
};
type OutputsOf<Op extends NativeOp> = {
  -readonly [Name in keyof Signatures[Op]["outputs"]]: Signatures[Op]["outputs"][Name] extends "floats"
    ? (tf.Tensor | null)[]
    : tf.Tensor | null;
};

/**
 * The ops that native/kernels adds to TensorFlow; native/signatures.ts says what each takes and gives. They run on the CPU alone and
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
  run<Op extends NativeOp>(op: Op, attributes: AttributesOf<Op>, inputs: InputsOf<Op>): OutputsOf<Op> {
    const signature: Signature = SIGNATURES[op];
    const values: Record<string, boolean | number> = { ...attributes };
    const given = Object.entries(signature.inputs).flatMap(([name, kind]) => {
      const input = (inputs as Record<string, Input | readonly Input[]>)[name];
      const length = lengthOf(signature, name, kind);
      if (length) values[length] = (input as Input[]).length;
      return input as Input | Input[];
    });
    const outputs = Object.entries(signature.outputs).map(([name, kind]): [string, number | null] => {
      const length = lengthOf(signature, name, kind);
      return [name, length === null ? null : (values[length] as number)];
    });
    const made = this.#execute(
      op,
      signature,
      values,
      given,
      outputs.reduce((sum, [, length]) => sum + (length ?? 1), 0),
    );
    return Object.fromEntries(
      outputs.map(([name, length]) => [name, length === null ? made.shift() : made.splice(0, length)]),
    ) as OutputsOf<Op>;
  }

  #execute(
    op: string,
    { attributes }: Signature,
    values: Record<string, boolean | number>,
    inputs: Input[],
    outputs: number,
  ): (tf.Tensor | null)[] {
    const { binding } = this.#backend;
    const temporary: number[] = [];
    const ids = inputs.map((input) => {
      if (input === null) return this.#none;
      if (!ArrayBuffer.isView(input)) return this.#backend.getInputTensorIds([input])[0];
      const dtype = input instanceof Int32Array ? binding.TF_INT32 : binding.TF_FLOAT;
      const id = binding.createTensor([input.length], dtype, input);
      temporary.push(id);
      return id;
    });
    const types = { bool: binding.TF_ATTR_BOOL, int: binding.TF_ATTR_INT, float: binding.TF_ATTR_FLOAT };
    try {
      const given = Object.entries(attributes).map(([name, kind]) => ({
        name: snakeCase(name),
        type: types[kind],
        value: values[name],
      }));
      return binding.executeOp(`Frostkit${op}`, given, ids, outputs).map((output) => {
        if (!output.shape.includes(0)) return this.#backend.createOutputTensor(output);
        binding.deleteTensor(output.id);
        return null;
      });
    } finally {
      for (const id of temporary) binding.deleteTensor(id);
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
  // Whoever records has none either.
  if (backend.isUsingGpuDevice !== false) return null;
  let kernels = known.get(backend);
  if (!kernels) {
    kernels = new NativeKernels(backend);
    known.set(backend, kernels);
  }
  return kernels;
}
