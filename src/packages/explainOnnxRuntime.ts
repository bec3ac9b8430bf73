import { FrostError } from "../errors";
import { reasonOf } from "../text/oneLine";

/** Where a process runs. */
interface Machine {
  platform: string;
  arch: string;
  /** Of the C library; none where that is another, as musl in Alpine. */
  glibc?: string;
}

/**
 * Why ONNX Runtime, and with it Transformers.js, does not load, and what to do where it was never built for this machine: it comes for
 * Linux with glibc and for Windows, each on x64 and arm64, and for Macs with Apple's processors.
 */
export function explainOnnxRuntime(error: unknown, { platform, arch, glibc } = thisMachine()): FrostError {
  const built = platform === "darwin" ? ["arm64"] : ["x64", "arm64"];
  const why =
    platform === "linux" && glibc === undefined
      ? "ONNX Runtime, which comes with Transformers.js, is not built for musl, the C library of Alpine: take an image with glibc, such as Debian's node:22-slim"
      : ["linux", "darwin", "win32"].includes(platform) && built.includes(arch)
        ? `ONNX Runtime, which comes with Transformers.js, does not load: ${reasonOf(error)}`
        : `ONNX Runtime, which comes with Transformers.js, is not built for ${platform} on ${arch}: take a machine with Linux, Windows or an Apple processor`;
  return new FrostError(why, { cause: error });
}

function thisMachine(): Machine {
  const { platform, arch } = process;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return { platform, arch, glibc: header.glibcVersionRuntime };
}
