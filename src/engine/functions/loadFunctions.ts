import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../../errors";
import { ownCommand } from "../../packages/ownCommand";
import { bindingFiles } from "../native/bindingFiles";
import { isOfThisVersion } from "../native/compileFunctions";
import { RecordingBackend } from "../recorder/RecordingBackend";
import { registerKernels } from "../recorder/registerKernels";
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
  const device = binding
    .devices()
    .reverse()
    .find((name) => /:(GPU|CPU):\d+$/.test(name))!;
  for (const { kernelName } of tf.getKernelsForBackend(NAME)) tf.unregisterKernel(kernelName, NAME);
  tf.removeBackend(NAME);
  tf.registerBackend(NAME, () => new RecordingBackend(new FunctionRunner(binding, device, encode)));
  registerKernels(NAME, { ...images, ...lookups });
}

/** Why there are no functions here, or null. */
export const whyNoFunctions = (): string | null =>
  isOfThisVersion(bindingFiles().functions)
    ? null
    : `steps cannot run as functions, which ${ownCommand()} native compiles: it has not, or for another version of the kit`;
