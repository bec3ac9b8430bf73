import { existsSync, readdirSync } from "node:fs";
import { basename, delimiter } from "node:path";
import { runCommand } from "../../packages/runCommand";
import { kernelsFor } from "./kernelsFor";
import { nvidiaGpus } from "./nvidiaGpus";
import type { Proof } from "./prove";
import type { Tensorflow } from "./Tensorflow";

/** Why TensorFlow computes on the processor on a machine with an NVIDIA GPU, and what to do about it, in one line. */
export async function whyNoGpu(tensorflow: Tensorflow, { warnings }: Proof): Promise<string> {
  if (!tensorflow.cuda)
    return (
      `the GPU is not used: ${tensorflow.folder} is built without CUDA; pip install "tensorflow[and-cuda]" in its stead, ` +
      "then run frostkit native"
    );
  const gpus = await nvidiaGpus();
  const last = gpus.at(-1);
  const kernels = last && kernelsFor(last, tensorflow, gpus);
  if (kernels?.state === "none") return `the GPU is not used: ${kernels.line}`;
  const missing = await missingLibrary(tensorflow);
  const pin = tensorflow.version === null ? "" : `==${tensorflow.version}`;
  if (missing !== null)
    return (
      `the GPU is not used: ${missing} is not on the path; pip install "tensorflow[and-cuda]${pin}" ` +
      "brings it (or name its folder in LD_LIBRARY_PATH), then run frostkit native"
    );
  const said =
    warnings.find((line) => /cuda|gpu|driver|dlopen|device/i.test(line)) ?? "TensorFlow does not say why";
  return `the GPU is not used: ${said} (TF_CPP_MIN_LOG_LEVEL=0 shows all that TensorFlow says)`;
}

/** The first of CUDA's libraries that neither a wheel nor the system has: "libcudnn". */
async function missingLibrary({ cudaLibraries }: Tensorflow): Promise<string | null> {
  const { PATH = "", LD_LIBRARY_PATH = "" } = process.env;
  const env = { ...process.env, PATH: [PATH, "/sbin", "/usr/sbin"].join(delimiter) };
  const { stdout } = await runCommand("ldconfig", ["-p"], { env });
  const known = [
    ...cudaLibraries.map((path) => basename(path)),
    ...stdout.split("\n").map((line) => line.trim()),
    ...LD_LIBRARY_PATH.split(delimiter).flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])),
  ];
  const names = ["libcudart", "libcublas", "libcufft", "libcusolver", "libcusparse", "libcudnn"];
  return names.find((name) => !known.some((file) => file.startsWith(`${name}.so`))) ?? null;
}
