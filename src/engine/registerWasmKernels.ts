import * as tf from "@tensorflow/tfjs-core";
import type { WasmHeap } from "./wasmHeap";

interface Backend {
  incRef(dataId: object): void;
  disposeData(dataId: object): void;
}

/**
 * Puts faster kernels in the place of three that tfjs's wasm backend does slowly. What they do not cover goes to the former ones;
 * values and errors stay as they were.
 */
export function registerWasmKernels(heap: WasmHeap): void {
  // `clone` copies; on every other backend it shares.
  replace(tf.Identity, ({ x }, backend) => {
    if (x.dtype === "string") return null;
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });

  // Sums over leading axes, as those of a bias' gradient, transpose first.
  replace(tf.Sum, ({ x }, _, attrs) => {
    const { axis, keepDims } = attrs as tf.SumAttrs;
    const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    const leading = axes.length < x.shape.length && axes.every((axis, i) => axis === i);
    if (!leading || axes.length === 0 || x.dtype !== "float32") return null;
    const [summed, kept] = [x.shape.slice(0, axes.length), x.shape.slice(axes.length)];
    const sums = heap.makeInfo(keepDims ? [...summed.map(() => 1), ...kept] : kept);
    const [rows, width] = [summed, kept].map(tf.util.sizeFromShape);
    heap.kernels.sumRows(rows, width, heap.at(x), heap.at(sums));
    return sums;
  });

  // Looking up rows goes element by element.
  replace(tf.GatherV2, ({ x, indices }, backend, attrs) => {
    const { axis, batchDims } = attrs as tf.GatherV2Attrs;
    const alongRows = tf.util.parseAxisParam(axis, x.shape)[0] === 0 && batchDims === 0;
    if (!alongRows || x.dtype !== "float32" || indices.dtype !== "int32") return null;
    const [entries, ...row] = x.shape;
    const y = heap.makeInfo([...indices.shape, ...row]);
    const [count, width] = [indices.shape, row].map(tf.util.sizeFromShape);
    const pointers = [heap.at(x), heap.at(indices, "int32"), heap.at(y)];
    const stray = heap.kernels.gatherRows(count, width, entries, ...pointers);
    if (stray === -1) return y;
    // The former kernel says what is wrong.
    backend.disposeData(y.dataId);
    return null;
  });
}

type Kernel = (
  inputs: Record<string, tf.TensorInfo>,
  backend: Backend,
  attrs: unknown,
) => tf.TensorInfo | null;

function replace(name: string, kernel: Kernel): void {
  const former = tf.getKernel(name, "wasm");
  tf.unregisterKernel(name, "wasm");
  tf.registerKernel({
    ...former,
    kernelFunc: (args) =>
      kernel(args.inputs as Record<string, tf.TensorInfo>, args.backend as Backend, args.attrs) ??
      former.kernelFunc(args),
  });
}
