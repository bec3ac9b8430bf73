import { FrostError } from "../../errors";
import { type BindingFiles, bindingFiles } from "./bindingFiles";
import { fetchTensorflow } from "./fetchTensorflow";
import { findTensorflow } from "./findTensorflow";
import { link } from "./link";
import { isLinkedTo } from "./nativeStatus";
import { nvidiaGpus } from "./nvidiaGpus";
import type { Proof } from "./prove";
import { nameTensorflow, type Tensorflow } from "./Tensorflow";

export interface Linked {
  tensorflow: Tensorflow;
  /** What the new binding showed when tried; null where it stood already and nothing was done. */
  proof: Proof | null;
}

/**
 * Links tfjs-node-gpu to the TensorFlow of this machine, or with `pip` to one fetched where there is none. Logs what takes
 * time. Does nothing where all is as it should be.
 */
export async function linkNative(
  { pip, log }: { pip: boolean; log: (line: string) => void },
  files: BindingFiles = bindingFiles(),
): Promise<Linked> {
  if (process.platform !== "linux")
    throw new FrostError(
      `frostkit native links on Linux, and this is ${process.platform}; --official downloads tfjs-node-gpu's own build`,
    );
  const found = await findTensorflow();
  const tensorflow = found.tensorflow ?? (pip ? await fetch(log) : null);
  if (tensorflow === null) throw new FrostError(noTensorflow(found.unfit));
  if (isLinkedTo(tensorflow, files)) return { tensorflow, proof: null };
  log(`building tfjs-node-gpu's binding for ${nameTensorflow(tensorflow)}`);
  return { tensorflow, proof: await link(tensorflow, files) };
}

async function fetch(log: (line: string) => void): Promise<Tensorflow> {
  const gpu = (await nvidiaGpus()).length > 0;
  log(
    gpu
      ? "fetching tensorflow[and-cuda] with pip: about 3 GB"
      : "fetching TensorFlow for processors with pip: about 0.3 GB",
  );
  return fetchTensorflow({ gpu });
}

function noTensorflow(unfit: string[]): string {
  const cure = "frostkit native --pip fetches one (0.3 GB; 3 GB with CUDA for an NVIDIA GPU)";
  const own = "FROSTKIT_TENSORFLOW names the folder of one elsewhere";
  return `no TensorFlow to link to: ${unfit[0] ?? "Python's packages hold none"}; ${cure}, and ${own}`;
}
