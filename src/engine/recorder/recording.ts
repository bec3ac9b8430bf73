import * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "./Graph";
import { RecordingBackend } from "./RecordingBackend";

/** Where kernels write down what they compute; null on engines that compute at once. */
export function recording(): Graph | null {
  const backend = tf.getBackend() ? tf.backend() : null;
  return backend instanceof RecordingBackend ? backend.graph : null;
}

/**
 * Has an engine that records compute what it has so far: where what comes next is another program, or memory is to be given back. Others
 * have computed already.
 */
export const computeNow = (): void => recording()?.recorder.run();

/** Has an engine that records on a device give back what it keeps for tensors that are gone, as those of a model. */
export const tidyUp = (): void => recording()?.recorder.tidyUp();

/** Whether what is recorded is computed on a device, where its results stay. */
export const staysOnDevice = (): boolean => Boolean(recording()?.recorder.device);
