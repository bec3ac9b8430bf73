import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../errors";
import { elementwise } from "./kernels/elementwise";
import { images } from "./kernels/images";
import type { KernelTable, RecordedKernel } from "./kernels/KernelTable";
import { lookups } from "./kernels/lookups";
import { products } from "./kernels/products";
import { reductions } from "./kernels/reductions";
import { shapes } from "./kernels/shapes";
import { otherEngines } from "./otherEngines";
import type { RecordingBackend } from "./RecordingBackend";
import { Value } from "./Value";

/** Every kernel that is recorded. */
export const KERNELS: KernelTable = {
  ...elementwise,
  ...images,
  ...lookups,
  ...products,
  ...reductions,
  ...shapes,
};

/**
 * Gives tfjs a kernel for each of its operations: one that is recorded, else one of `others`, else one that says that there is none.
 * `own` are those that a runner has otherwise.
 */
export function registerKernels(
  backendName: string,
  own: KernelTable = {},
  others: ReadonlyMap<string, tf.KernelFunc> = new Map(),
): void {
  for (const kernelName of namesOfKernels()) {
    const kernel = own[kernelName] ?? KERNELS[kernelName];
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: kernel
        ? recorded(kernel)
        : (others.get(kernelName) ?? (() => refuse(kernelName, backendName))),
    });
  }
}

/** tfjs exports a constant for the name of each kernel. */
const namesOfKernels = (): string[] =>
  Object.entries(tf).flatMap(([name, value]) => (name === value && /^_?[A-Z]/.test(name) ? [name] : []));

const recorded =
  (kernel: RecordedKernel): tf.KernelFunc =>
  ({ inputs, attrs, backend }) => {
    const { graph } = backend as RecordingBackend;
    return graph.recorder.within(() => {
      const made = kernel(graph, inputs, attrs ?? {});
      if (Array.isArray(made)) return made.map((value) => graph.info(value));
      return made instanceof Value ? graph.info(made) : made;
    });
  };

function refuse(kernelName: string, backendName: string): never {
  throw new InputError(
    `engine ${backendName} has no ${kernelName}, which an operation of tfjs asks for: write it with other operations, or compute on engine ${otherEngines()}`,
  );
}
