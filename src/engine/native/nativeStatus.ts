import { existsSync, realpathSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type BindingFiles, bindingFiles } from "./bindingFiles";
import { isOfThisVersion } from "./compileFunctions";
import { hashKernels } from "./compileKernels";
import { hashFile, isUnchanged, makeStamp, readStamp, type Stamp } from "./stamp";
import { nameTensorflow, type Tensorflow } from "./Tensorflow";

interface NativeStatus {
  /**
   * `linked`: `frostkit native` built the binding, and everything it was built for is as it was. `stale`: something changed
   * since, so it should be built again. `official`: the binding is the package's own, or one made by hand. `absent`: there is
   * none.
   */
  state: "linked" | "stale" | "official" | "absent";
  /** Why, in one line. */
  reason: string;
  /** The TensorFlow it was linked to. */
  tensorflow?: Stamp["tensorflow"];
}

/** How tfjs-node-gpu's binding stands. Looks at a few files only: nothing is loaded and nothing is searched for. */
export function nativeStatus(files: BindingFiles = bindingFiles()): NativeStatus {
  if (!existsSync(files.package))
    return { state: "absent", reason: "tfjs-node-gpu is not installed, nor its native binding built" };
  if (!existsSync(files.binding))
    return { state: "absent", reason: "tfjs-node-gpu's native binding is not built" };
  const stamp = readStamp(files);
  if (stamp === null || stamp.binding !== hashFile(files.binding))
    return { state: "official", reason: "the binding is tfjs-node-gpu's own, or made by hand" };
  const { tensorflow } = stamp;
  const change = changeSince(stamp, files);
  if (change !== null) return { state: "stale", reason: change, tensorflow };
  return { state: "linked", reason: `linked to ${nameTensorflow(tensorflow)}`, tensorflow };
}

/** Whether the binding, and functions beside it that a CPU can do without, were built for just this TensorFlow, as it is now. */
export function isLinkedTo(tensorflow: Tensorflow, files: BindingFiles): boolean {
  if (nativeStatus(files).state !== "linked" || !isOfThisVersion(files.functions)) return false;
  const stamp = readStamp(files)!;
  // Of some the version is known only once they are loaded.
  const version = tensorflow.version ?? stamp.tensorflow.version;
  return isDeepStrictEqual(stamp, makeStamp({ ...tensorflow, version }, files));
}

function changeSince(stamp: Stamp, files: BindingFiles): string | null {
  const name = nameTensorflow(stamp.tensorflow);
  const named = process.env.FROSTKIT_TENSORFLOW;
  if (stamp.build !== 2) return "it was built by another version of frostkit";
  if (stamp.platform !== `${process.platform}-${process.arch}`) return `it was built for ${stamp.platform}`;
  if (stamp.package !== files.version)
    return `it was built for tfjs-node-gpu ${stamp.package}, and ${files.version} is installed`;
  if (stamp.kernels !== hashKernels()) return "frostkit's own kernels have changed since";
  const changed = stamp.libraries.find((library) => !isUnchanged(library));
  if (changed) return `${name} has changed since: ${changed.path}`;
  if (![files.capture, files.kernels].every((file) => existsSync(file))) return "a file beside it is missing";
  // On a CPU there are kernels instead.
  if (stamp.tensorflow.cuda && !isOfThisVersion(files.functions))
    return "frostkit's own functions have changed since";
  if (named && existsSync(named) && !isWithin(realpathSync(named), stamp))
    return `it is linked to ${name}, and FROSTKIT_TENSORFLOW names ${named}`;
  return null;
}

/** A wheel's own folder, the site-packages around it and a prefix all may be named. */
function isWithin(folder: string, { libraries }: Stamp): boolean {
  return libraries[0].path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
