import * as tf from "@tensorflow/tfjs-core";
import type { RecordingBackend } from "../recorder/RecordingBackend";
import { tellOnce } from "../tellOnce";

type Given = Parameters<tf.KernelFunc>[0]["inputs"];

/**
 * A kernel of tfjs-node's for an operation that cannot be recorded. What was recorded before it runs as a function, then the operation by
 * itself on copies, and what comes of it goes into the next function.
 */
export function byItself({ kernelName, kernelFunc }: tf.KernelConfig, node: tf.KernelBackend): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    tellOnce(
      `TensorFlow: ${kernelName} cannot be part of a function: a step that uses it runs as functions before and behind it, and it by itself`,
    );
    const recording = backend as RecordingBackend;
    const copies: tf.Tensor[] = [];
    const copy = ({ dataId, shape, dtype }: tf.TensorInfo): tf.Tensor => {
      const data = node.write(recording.readSync(dataId), shape, dtype);
      copies.push(tf.engine().makeTensorFromDataId(data, shape, dtype, node));
      return copies.at(-1)!;
    };
    // What it reads is computed first, together with all else that is waited for.
    recording.recorder.run();
    try {
      const made = kernelFunc({ inputs: mapped(inputs, copy), attrs, backend: node });
      if (Array.isArray(made)) return made.map((info) => moved(info, node, recording));
      return moved(made, node, recording);
    } finally {
      tf.dispose(copies);
    }
  };
}

const mapped = (inputs: Given, copy: (info: tf.TensorInfo) => tf.Tensor): Given =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => [
      name,
      Array.isArray(given) ? given.map(copy) : given && copy(given as tf.TensorInfo),
    ]),
  ) as Given;

/** What a kernel made, for what records; it is freed where it was. */
function moved(made: tf.TensorInfo, node: tf.KernelBackend, recording: RecordingBackend): tf.TensorInfo {
  const { dataId, shape, dtype } = made;
  try {
    return { dataId: recording.write(node.readSync(dataId), shape, dtype), shape, dtype };
  } finally {
    if (made instanceof tf.Tensor) made.dispose();
    else node.disposeData(dataId);
  }
}
