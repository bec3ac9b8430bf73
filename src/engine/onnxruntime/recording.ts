import * as tf from "@tensorflow/tfjs-core";
import { openOnnxRuntime } from "../OnnxRuntime";
import type { Graph } from "./Graph";
import { RecordingBackend } from "./RecordingBackend";
import { registerKernels } from "./registerKernels";

const NAME = "onnxruntime";

let version: string | null = null;

/** Registers the engine. @throws an Error that says why ONNX Runtime cannot be used */
export async function loadOnnxruntime(): Promise<void> {
  if (version !== null) return;
  const runtime = await openOnnxRuntime();
  tf.registerBackend(NAME, () => new RecordingBackend(runtime));
  registerKernels(NAME);
  version = runtime.version;
}

/** The version of ONNX Runtime that computes. */
export const onnxruntimeVersion = (): string => version!;

/** Where kernels write down what they compute; null on engines that compute at once. */
export const recording = (): Graph | null =>
  tf.getBackend() === NAME ? (tf.backend() as unknown as RecordingBackend).graph : null;

/**
 * Has an engine that records compute what it has so far: where what comes next is another program, or memory is to be given back. Others
 * have computed already.
 */
export const computeNow = (): void => recording()?.recorder.run();
