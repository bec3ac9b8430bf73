import { existsSync } from "node:fs";
import { ownCommand } from "../../packages/ownCommand";
import { reasonOf } from "../../text/oneLine";
import { type BindingFiles, bindingFiles } from "./bindingFiles";
import { findTensorflow } from "./findTensorflow";
import { link } from "./link";
import { nativeStatus } from "./nativeStatus";
import { nameTensorflow } from "./Tensorflow";

/**
 * Links tfjs-node-gpu where a TensorFlow is installed and it is not linked yet. Never fetches anything and never throws. Returns a
 * line for people: what was linked, or how to come by the native engine and what it would bring; null where nothing is to be said,
 * since it stands already. Linking compiles C++, so `during` is given what is about to be done and may show that it goes on.
 */
export async function linkIfPresent(
  files: BindingFiles = bindingFiles(),
  during: <T>(what: string, work: () => Promise<T>) => Promise<T> = (_, work) => work(),
): Promise<string | null> {
  const { state, reason } = nativeStatus(files);
  if (state === "linked" || state === "official") return null;
  if (process.platform !== "linux")
    return `TensorFlow is not linked; ${ownCommand()} native --official downloads it, ${GAIN}`;
  try {
    const { tensorflow, unfit } = await findTensorflow();
    if (tensorflow === null) {
      const why = state === "stale" ? reason : (unfit[0] ?? "no TensorFlow is installed");
      return `${why}; ${ownCommand()} native --pip fetches TensorFlow, ${GAIN}`;
    }
    if (!existsSync(files.package))
      return `${nameTensorflow(tensorflow)} is not linked; ${ownCommand()} native links it, ${GAIN}`;
    const start = performance.now();
    await during(
      `linking ${nameTensorflow(tensorflow)}: compiles a binding and kernels for this machine, once, in half a minute to two`,
      () => link(tensorflow, files),
    );
    const seconds = (performance.now() - start) / 1000;
    return `linked ${nameTensorflow(tensorflow)} in ${seconds.toFixed(0)} s`;
  } catch (error) {
    return `TensorFlow could not be linked: ${reasonOf(error)}`;
  }
}

/** What the native engine brings. */
const GAIN = "which is faster on a processor and uses NVIDIA GPUs";
