import { availableParallelism } from "node:os";
import { formatMany } from "../text/numbers";
import { reasonOf } from "../text/oneLine";
import { openRuntimeProducts, type RuntimeProducts } from "./runtimeProducts";
import { wasmHeap } from "./wasmHeap";

/**
 * Decides who multiplies large matrices on the wasm engine, which has to be in use: ONNX Runtime where it runs and its products are
 * right, else the kit's own kernel.
 */
export async function chooseWasmProducts(): Promise<{ versions: Record<string, string>; where: string }> {
  const heap = wasmHeap()!;
  heap.products = null;
  const own = (why: string) => ({
    versions: {},
    where: `products by the kit's own kernel, on 1 core: ${why}`,
  });
  if (process.env.FROSTKIT_ONNXRUNTIME === "0") return own("FROSTKIT_ONNXRUNTIME=0 asks for it");
  try {
    opened ??= await openRuntimeProducts();
    heap.products = opened;
  } catch (error) {
    return own(`ONNX Runtime does not run (${reasonOf(error)})`);
  }
  const { version } = heap.products;
  return {
    versions: { onnxruntime: version },
    where: `products by ONNX Runtime ${version} on ${formatMany(availableParallelism(), "core")}`,
  };
}

/** Tried until it runs, then used again. */
let opened: RuntimeProducts | undefined;
