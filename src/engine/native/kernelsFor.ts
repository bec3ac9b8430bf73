import type { NvidiaGpu } from "./nvidiaGpus";
import type { Tensorflow } from "./Tensorflow";

/** What a GPU needs of a TensorFlow, and whether that is there. */
interface Kernels {
  /** `ready`; `compiled` at first use, of code for any GPU from some generation on; `none`. */
  state: "ready" | "compiled" | "none";
  /** A line of what it is and what to do about it; null where all is ready. */
  line: string | null;
}

/**
 * Whether a TensorFlow has kernels for a GPU: `sm_70` are for GPUs of compute capability 7.0 to 7.9, `compute_90` is code that the driver
 * compiles for any from 9.0 on (CUDA C++ Programming Guide, "Compute Capabilities"). `gpus` are all there are, to point at another.
 */
export function kernelsFor(
  gpu: NvidiaGpu,
  { version, computeCapabilities }: Pick<Tensorflow, "version" | "computeCapabilities">,
  gpus: readonly NvidiaGpu[] = [gpu],
): Kernels {
  const { capability, name } = gpu;
  // Neither an old driver nor a TensorFlow without build_info.py says.
  if (capability === null || computeCapabilities.length === 0) return { state: "ready", line: null };
  const state = stateOf(capability, computeCapabilities);
  if (state === "ready") return { state, line: null };
  const own = `GPU ${name} (sm_${capability.replace(".", "")})`;
  const tensorflow = `TensorFlow${version === null ? "" : ` ${version}`}`;
  const kernels = computeCapabilities.join(", ");
  if (state === "compiled")
    return {
      state,
      line: `${tensorflow} has its kernels compiled for ${own} at first use, which takes minutes: it comes with those for ${kernels}; CUDA_CACHE_MAXSIZE=4294967296 has the driver keep them`,
    };
  const others = gpus.flatMap((other, i) =>
    other.capability !== null && stateOf(other.capability, computeCapabilities) !== "none"
      ? [`CUDA_VISIBLE_DEVICES=${i} has it compute on GPU ${other.name}`]
      : [],
  );
  const choices = [
    ...others.slice(-1),
    "CUDA_VISIBLE_DEVICES=-1 has it compute on the processor",
    `a TensorFlow built for sm_${capability.replace(".", "")} (an older one, as a rule) on this GPU`,
  ];
  return {
    state,
    line: `${tensorflow} has no kernels for ${own}, but for ${kernels}: ${choices.join("; ")}`,
  };
}

function stateOf(capability: string, known: readonly string[]): Kernels["state"] {
  const own = Number(capability.replace(".", ""));
  const fits = (kind: string, may: (theirs: number) => boolean) =>
    known.some((each) => {
      const [, prefix, digits] = /^(sm|compute)_(\d+)a?$/.exec(each) ?? [];
      return prefix === kind && may(Number(digits));
    });
  if (fits("sm", (theirs) => Math.floor(theirs / 10) === Math.floor(own / 10) && theirs <= own))
    return "ready";
  return fits("compute", (theirs) => theirs <= own) ? "compiled" : "none";
}
