/** A TensorFlow on this machine's disk, fit to be linked to. */
export interface Tensorflow {
  /** The folder that was looked at: a wheel's `tensorflow`, or a prefix with `lib` and `include`. */
  folder: string;
  /** "2.21.0", or null where nothing beside the library says so. */
  version: string | null;
  /** The shared libraries to link. */
  libraries: string[];
  /** The folder of the C headers. */
  include: string;
  /** Whether it was built for CUDA. */
  cuda: boolean;
  /** The GPUs that it has kernels for, as build_info.py lists them: "sm_70", and "compute_90" for code that is compiled there; none where it does not say. */
  computeCapabilities: string[];
  /** CUDA's libraries that Python wheels carry beside it; none where the system has to provide them. */
  cudaLibraries: string[];
}

/** "TensorFlow 2.21.0 (/usr/lib/python3/dist-packages/tensorflow)" */
export function nameTensorflow({ version, folder }: Pick<Tensorflow, "version" | "folder">): string {
  return `TensorFlow ${version === null ? "" : `${version} `}(${folder})`;
}
