import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What TensorFlow opens by name while it looks for GPUs (xla/tsl/cuda/*_stub.cc), and what these need in turn. */
const NAMES = [
  ["cudart", "cublas", "cublasLt", "cufft", "cusolver", "cusparse", "nvJitLink", "cupti"],
  ["cudnn", "nccl"],
].flat();

/**
 * The CUDA libraries that NVIDIA's Python wheels lay into `nvidia/<part>/lib`, those for CUDA `major` alone: from CUDA 13 on
 * the toolkit's parts lie together in `nvidia/cu13/lib`, while cuDNN and NCCL keep folders of their own.
 */
export function cudaLibraries(nvidia: string, major: number): string[] {
  if (!existsSync(nvidia)) return [];
  const toolkit = `cu${major}`;
  const isMeant = (part: string): boolean =>
    part === toolkit || part === "cudnn" || part === "nccl" || (major < 13 && !/^cu\d+$/.test(part));
  return readdirSync(nvidia)
    .filter(isMeant)
    .sort()
    .flatMap((part) => {
      const folder = join(nvidia, part, "lib");
      if (!existsSync(folder)) return [];
      return readdirSync(folder)
        .filter((file) => NAMES.includes(/^lib(\w+)\.so\.\d+$/.exec(file)?.[1] ?? ""))
        .sort()
        .map((file) => join(folder, file));
    });
}
