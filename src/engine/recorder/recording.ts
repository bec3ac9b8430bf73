import * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "./Graph";
import { RecordingBackend } from "./RecordingBackend";
import { FIXED } from "./Value";

/** Where kernels write down what they compute; null on engines that compute at once. */
export function recording(): Graph | null {
  const backend = tf.getBackend() ? tf.backend() : null;
  return backend instanceof RecordingBackend ? backend.graph : null;
}

/**
 * Has an engine that records compute what it has so far: where what comes next is another program, or memory is to be given back. Others
 * have computed already.
 */
export function computeNow(): void {
  const recorder = recording()?.recorder;
  if (recorder && !recorder.isIdle) recorder.run();
}

/** Has an engine that records on a device give back what it keeps for tensors that are gone, as those of a model. */
export const tidyUp = (): void => recording()?.recorder.tidyUp();

/** Whether what is recorded is computed on a device, where its results stay. */
export const staysOnDevice = (): boolean => Boolean(recording()?.recorder.device);

/** Says which of a step's inputs a tensor of JavaScript's numbers is, so that the step can be run again with others; gives it back. */
export const stepInput = <Tensor extends tf.Tensor>(name: string, tensor: Tensor): Tensor =>
  labelled(name, tensor);

/** Says of a tensor of JavaScript's numbers that they follow from the shapes and settings of a step alone; gives it back. */
export const fixed = <Tensor extends tf.Tensor>(tensor: Tensor): Tensor => labelled(FIXED, tensor);

function labelled<Tensor extends tf.Tensor>(label: string, tensor: Tensor): Tensor {
  const graph = recording();
  if (graph) graph.value(tensor).numbersOf.label = label;
  return tensor;
}

/** Says that code is asked which is not the kit's own: what it does in a step may not be what it does in the next. */
export function asksForeignCode(): void {
  const graph = recording();
  if (graph) graph.recorder.foreign++;
}
