import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../../errors";
import { ownCommand } from "../../packages/ownCommand";
import { bindingFiles } from "../native/bindingFiles";
import { isOfThisVersion } from "../native/compileFunctions";
import { RecordingBackend } from "../recorder/RecordingBackend";
import { registerKernels } from "../recorder/registerKernels";
import { byItself } from "./byItself";
import type { FunctionBinding } from "./FunctionBinding";
import { FunctionRunner } from "./FunctionRunner";
import { graphEncoder } from "./graphProto";
import { images } from "./images";
import { lookups } from "./lookups";

const NAME = "tensorflow";

/**
 * Has engine tensorflow, which is loaded, record what it computes and run it as functions.
 *
 * @throws FrostError where they have not been compiled
 */
export async function loadFunctions(): Promise<void> {
  const why = whyNoFunctions();
  if (why) throw new FrostError(why);
  const { functions } = bindingFiles();
  const binding: FunctionBinding = require(functions);
  const encode = await graphEncoder();
  // Of several GPUs the last, as tfjs-node-gpu has it.
  const device = oneByOne(() => binding.devices())
    .reverse()
    .find((name) => /:(GPU|CPU):\d+$/.test(name))!;
  const node = tf.findBackend(NAME) as tf.KernelBackend & { binding: object };
  const others = new Map<string, tf.KernelFunc>();
  for (const kernel of tf.getKernelsForBackend(NAME)) {
    others.set(kernel.kernelName, byItself(kernel, node));
    tf.unregisterKernel(kernel.kernelName, NAME);
  }
  tf.removeBackend(NAME);
  tf.registerBackend(NAME, () =>
    // tfjs-node's kernels look TensorFlow's numbers for types up here.
    Object.assign(new RecordingBackend(new FunctionRunner(binding, device, encode)), {
      binding: node.binding,
    }),
  );
  registerKernels(NAME, { ...images, ...lookups }, others);
}

const THREADS = "TF_NUM_INTEROP_THREADS";

/**
 * Has TensorFlow, which starts with the first call, run the operations of a function one by one, unless the user has said otherwise: each
 * takes all cores or the GPU, and two at a time would be in memory together.
 */
function oneByOne<Result>(start: () => Result): Result {
  const { [THREADS]: given } = process.env;
  process.env[THREADS] = given ?? "1";
  try {
    return start();
  } finally {
    if (given === undefined) delete process.env[THREADS];
  }
}

/** Why there are no functions here, or null. */
export const whyNoFunctions = (): string | null =>
  isOfThisVersion(bindingFiles().functions)
    ? null
    : `steps cannot run as functions, which ${ownCommand()} native compiles: it has not, or for another version of the kit`;
