import { kernelsFor } from "./kernelsFor";
import { nvidiaGpus } from "./nvidiaGpus";
import type { Tensorflow } from "./Tensorflow";

/** What to know of a TensorFlow's kernels for the GPU that it computes on, the last; null where they are ready. */
export async function kernelAdvice(tensorflow: Tensorflow): Promise<string | null> {
  const gpus = await nvidiaGpus();
  const last = gpus.at(-1);
  return last ? kernelsFor(last, tensorflow, gpus).line : null;
}
