import { inspectTensorflow } from "./inspectTensorflow";
import { kernelAdvice } from "./kernelAdvice";
import { computesOnGpu } from "./loadTensorflow";
import { nativeStatus } from "./nativeStatus";
import type { Tensorflow } from "./Tensorflow";
import { tensorflowDevices } from "./tensorflowDevices";

/** What TensorFlow computes on, "GPU Tesla T4, the last of 2 (CUDA_VISIBLE_DEVICES picks)", and what to know of its kernels for it. */
export async function describeDevice(gpu = computesOnGpu(), tensorflow = linked()): Promise<string> {
  const devices = await tensorflowDevices(gpu);
  const { type, name } = devices.find(({ inUse }) => inUse)!;
  const several = devices.length > 1 ? `, the last of ${devices.length} (CUDA_VISIBLE_DEVICES picks)` : "";
  const advice = gpu && tensorflow ? await kernelAdvice(tensorflow) : null;
  return `${type} ${name}${several}${advice ? `; ${advice}` : ""}`;
}

/** The TensorFlow that the binding is linked to, where it still stands there. */
function linked(): Tensorflow | null {
  const { tensorflow } = nativeStatus();
  try {
    return tensorflow ? inspectTensorflow(tensorflow.folder) : null;
  } catch {
    // What has become of it, doctor tells.
    return null;
  }
}
