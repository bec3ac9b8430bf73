import * as tf from "@tensorflow/tfjs-core";
import { type Precision, precision } from "../engine/autocast";
import { type NativeKernels, nativeKernels } from "../engine/nativeKernels";
import type { Graph } from "../engine/recorder/Graph";
import { recording, staysOnDevice } from "../engine/recorder/recording";
import type { TensorflowBackend } from "../engine/TensorflowBackend";
import type { Kernel } from "./Op";

interface Settings<In, Out, Place> {
  /** The precisions it honours. Left out: the op does not multiply, so any. */
  precisions?: readonly Precision[];
  /** Why it computes nothing on this machine now, whatever the inputs, or null. */
  never?(): string | null;
  /** Why these inputs are not for it, or null. */
  unless?(inputs: In, place: Place): string | null;
  compute(place: Place, inputs: In): Out;
  differs?: string;
}

/** A kernel of some place, of which `find` gives what it needs, or null where it is not there. */
function kernelOf<In, Out, Place>(
  by: string | (() => string),
  find: () => Place | null,
  absent: string,
  { precisions, never, unless, compute, differs }: Settings<In, Out, Place>,
): Kernel<In, Out> {
  return {
    get by() {
      return typeof by === "string" ? by : by();
    },
    refuses(inputs) {
      const place = find();
      if (place === null) return absent;
      if (precisions && !precisions.includes(precision())) return `not in ${precision()}`;
      return never?.() ?? (inputs === null ? null : (unless?.(inputs, place) ?? null));
    },
    compute: (inputs) => compute(find()!, inputs),
    differs,
  };
}

const NOT_LINKED = "not linked with TensorFlow on a CPU";

/** A C++ kernel of the kit: on engine tensorflow, on a CPU, where `frostkit native` linked it. */
export const nativeKernel = <In, Out>(settings: Settings<In, Out, NativeKernels>): Kernel<In, Out> =>
  kernelOf("C++", nativeKernels, NOT_LINKED, settings);

/** On engines that record what they compute, in larger operators than those that tfjs's ops come to. */
export const recordedKernel = <In, Out>(settings: Settings<In, Out, Graph>): Kernel<In, Out> =>
  kernelOf(recorderTitle, recording, "not on engine onnxruntime", within(settings));

/** The same where what is computed stays on a device. */
export const onDeviceKernel = <In, Out>(settings: Settings<In, Out, Graph>): Kernel<In, Out> =>
  kernelOf(
    "TensorFlow functions",
    onDevice,
    "not where TensorFlow runs steps as functions",
    within(settings),
  );

const recorderTitle = () => recording()?.recorder.title ?? "ONNX Runtime";

const onDevice = (): Graph | null => (staysOnDevice() ? recording() : null);

const within = <In, Out>(settings: Settings<In, Out, Graph>): Settings<In, Out, Graph> => ({
  ...settings,
  compute: (graph, inputs) => graph.recorder.within(() => settings.compute(graph, inputs)),
});

/** Something that TensorFlow has and tfjs does not offer, on a CPU or a GPU. */
export const tensorflowKernel = <In, Out>(settings: Settings<In, Out, TensorflowBackend>): Kernel<In, Out> =>
  kernelOf("TensorFlow", tensorflow, "not on engine tensorflow", settings);

const tensorflow = (): TensorflowBackend | null =>
  tf.getBackend() === "tensorflow" && !recording() ? (tf.backend() as unknown as TensorflowBackend) : null;
