import { cpus, freemem, totalmem } from "node:os";
import { gigabytes } from "../../text/numbers";
import { computesOnGpu } from "./loadTensorflow";
import { nvidiaGpus } from "./nvidiaGpus";

/** A device that TensorFlow computes on, or could. */
interface Device {
  type: "CPU" | "GPU";
  /** "Tesla T4" */
  name: string;
  /** Bytes of its memory, and those that no program uses; null where the driver does not say. */
  memory: { total: number; free: number } | null;
  /** Whether tfjs computes on it: of several GPUs it takes the last (tfjs_backend.cc). */
  inUse: boolean;
}

/** The devices of TensorFlow; `gpu` is whether it computes on a GPU, and what the loaded one says where left out. */
export async function tensorflowDevices(gpu = computesOnGpu()): Promise<Device[]> {
  if (!gpu) {
    const memory = { total: totalmem(), free: freemem() };
    return [{ type: "CPU", name: cpus()[0]?.model.trim() || "of unknown make", memory, inUse: true }];
  }
  const gpus = await nvidiaGpus();
  if (gpus.length === 0) return [{ type: "GPU", name: "GPU", memory: null, inUse: true }];
  return gpus.map(({ name, total, free }, i) => ({
    type: "GPU",
    name,
    memory: { total, free },
    inUse: i === gpus.length - 1,
  }));
}

/** "GPU Tesla T4 (15.6 of 16.1 GB free)" */
export function formatDevice({ type, name, memory }: Device): string {
  const room = memory && ` (${gigabytes(memory.free)} of ${gigabytes(memory.total)} GB free)`;
  return `${type} ${name}${room ?? ""}`;
}
