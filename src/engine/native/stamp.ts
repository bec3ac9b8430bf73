import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import type { BindingFiles } from "./bindingFiles";
import { hashKernels } from "./compileKernels";
import type { Tensorflow } from "./Tensorflow";

/** What a binding was built for. What differs from it asks for another build. */
export interface Stamp {
  /** Raised when frostkit builds in another way. */
  build: 2;
  platform: string;
  /** tfjs-node-gpu's version. */
  package: string;
  tensorflow: Pick<Tensorflow, "folder" | "version" | "cuda">;
  /** The shared libraries it is linked to. */
  libraries: Fingerprint[];
  /** SHA-256 of the sources of the kernels that were compiled with it. */
  kernels: string;
  /** The binding's own SHA-256, since the package's own script may replace it. */
  binding: string;
}

/** A changed file is known by its size and time; to hash one library of TensorFlow would take a second. */
interface Fingerprint {
  path: string;
  bytes: number;
  mtimeMs: number;
}

/** The stamp of a binding built for this TensorFlow; `built` is where the binding stands now. */
export function makeStamp(tensorflow: Tensorflow, files: BindingFiles, built = files.binding): Stamp {
  const { folder, version, cuda, libraries, cudaLibraries } = tensorflow;
  return {
    build: 2,
    platform: `${process.platform}-${process.arch}`,
    package: files.version,
    tensorflow: { folder, version, cuda },
    libraries: [...libraries, ...cudaLibraries].map(fingerprint),
    kernels: hashKernels(),
    binding: hashFile(built),
  };
}

/** The stamp beside the binding; null where there is none that can be read. */
export function readStamp(files: BindingFiles): Stamp | null {
  try {
    return JSON.parse(readFileSync(files.stamp, "utf8"));
  } catch {
    return null;
  }
}

export function hashFile(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Whether a file is still the one whose fingerprint was taken. */
export function isUnchanged({ path, bytes, mtimeMs }: Fingerprint): boolean {
  if (!existsSync(path)) return false;
  const now = statSync(path);
  return now.size === bytes && now.mtimeMs === mtimeMs;
}

function fingerprint(path: string): Fingerprint {
  const { size, mtimeMs } = statSync(path);
  return { path, bytes: size, mtimeMs };
}
