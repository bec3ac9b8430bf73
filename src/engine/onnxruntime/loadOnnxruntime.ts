import * as tf from "@tensorflow/tfjs-core";
import { openOnnxRuntime } from "../OnnxRuntime";
import { RecordingBackend } from "../recorder/RecordingBackend";
import { registerKernels } from "../recorder/registerKernels";
import { OnnxRunner } from "./OnnxRunner";

const NAME = "onnxruntime";

let version: string | null = null;

/** Registers the engine. @throws an Error that says why ONNX Runtime cannot be used */
export async function loadOnnxruntime(): Promise<void> {
  if (version !== null) return;
  const runtime = await openOnnxRuntime();
  tf.registerBackend(NAME, () => new RecordingBackend(new OnnxRunner(runtime)));
  registerKernels(NAME);
  version = runtime.version;
}

/** The version of ONNX Runtime that computes. */
export const onnxruntimeVersion = (): string => version!;
