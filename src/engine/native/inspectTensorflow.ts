import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { FrostError } from "../../errors";
import { cudaLibraries } from "./cudaLibraries";
import type { Tensorflow } from "./Tensorflow";

/**
 * Looks at a folder that may hold a TensorFlow: a wheel's folder `tensorflow`, the site-packages around it, or a prefix such as
 * conda's or the unpacked C library. Null where there is none; throws where there is one that cannot be linked to.
 */
export function inspectTensorflow(folder: string): Tensorflow | null {
  const wheel = [folder, join(folder, "tensorflow")].find((at) => existsSync(join(at, "__init__.py")));
  if (wheel) return inspectWheel(wheel);
  const lib = join(folder, "lib");
  const library = ["libtensorflow_cc.so.2", "libtensorflow.so.2"].find((name) => existsSync(join(lib, name)));
  if (library === undefined) return null;
  return { ...inspect(folder, lib, library, versionInHeader(folder)), ...NO_CUDA };
}

function inspectWheel(folder: string): Tensorflow {
  const site = dirname(realpathSync(folder));
  const metadata = readdirSync(site).find((name) => DIST_INFO.test(name));
  const version = metadata === undefined ? versionInHeader(folder) : DIST_INFO.exec(metadata)![1];
  const build = readIfThere(join(folder, "python/platform/build_info.py"));
  const cuda = /is_cuda_build['"]\s*[,:]\s*True/.test(build);
  const major =
    /cuda_version['"]\s*[,:]\s*['"](\d+)/.exec(build)?.[1] ??
    // "Requires-Dist: nvidia-cuda-runtime-cu12<13.0,>=12.5.82": what its extra and-cuda asks for.
    /^Requires-Dist: nvidia-cuda-runtime.*?>=(\d+)/m.exec(
      metadata === undefined ? "" : readIfThere(join(site, metadata, "METADATA")),
    )?.[1];
  return {
    ...inspect(folder, folder, "libtensorflow_cc.so.2", version),
    cuda,
    computeCapabilities: capabilitiesIn(build),
    cudaLibraries: cuda && major !== undefined ? cudaLibraries(join(site, "nvidia"), Number(major)) : [],
  };
}

const NO_CUDA = { cuda: false, computeCapabilities: [], cudaLibraries: [] };

/** "('cuda_compute_capabilities', ['sm_60', 'sm_70', 'compute_90'])" */
const capabilitiesIn = (build: string): string[] =>
  /cuda_compute_capabilities['"]\s*[,:]\s*\[([^\]]*)\]/.exec(build)?.[1].match(/(?:sm|compute)_\d+a?/g) ?? [];

const DIST_INFO = /^tensorflow(?:_cpu|_gpu|_intel|_cpu_aws|_rocm)?-(\d[\w.+]*)\.dist-info$/i;

function inspect(folder: string, lib: string, library: string, version: string | null) {
  const what = `TensorFlow ${version === null ? "" : `${version} `}in ${folder}`;
  if (version !== null && !version.startsWith("2."))
    throw new FrostError(`${what}: expected TensorFlow 2; pip install -U tensorflow brings it`);
  const libraries = [library, "libtensorflow_framework.so.2"];
  const include = join(folder, "include");
  for (const name of libraries)
    if (!existsSync(join(lib, name)))
      throw new FrostError(
        `${what} has no ${name}: expected the library that wheels carry since 2.10; pip install -U tensorflow brings it`,
      );
  for (const header of ["tensorflow/c/c_api.h", "tensorflow/c/eager/c_api.h"])
    if (!existsSync(join(include, header)))
      throw new FrostError(
        `${what} has no C headers: ${header} is missing from its folder include; pip install --force-reinstall ` +
          "--no-deps tensorflow brings them",
      );
  // TensorFlow looks for CUDA's wheels beside $ORIGIN, which the loader takes from the name a library was opened by, links and
  // all: only the real folder leads there.
  const real = realpathSync(lib);
  return {
    folder,
    version,
    libraries: libraries.map((name) => join(real, name)),
    include: realpathSync(include),
  };
}

/** TensorFlow before 2.19 writes its version into a header. */
function versionInHeader(folder: string): string | null {
  const text = readIfThere(join(folder, "include/tensorflow/core/public/version.h"));
  const parts = ["MAJOR", "MINOR", "PATCH"].map(
    (part) => new RegExp(`#define TF_${part}_VERSION (\\d+)`).exec(text)?.[1],
  );
  return parts.includes(undefined) ? null : parts.join(".");
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
