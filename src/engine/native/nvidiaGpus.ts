import { runCommand } from "../../packages/runCommand";

export interface NvidiaGpu {
  /** "Tesla T4" */
  name: string;
  /** Its compute capability, "7.5"; null where the driver is too old to say. */
  capability: string | null;
  /** Bytes of its memory. */
  total: number;
  /** Those of them that no program uses. */
  free: number;
}

/** The GPUs that nvidia-smi lists and CUDA_VISIBLE_DEVICES leaves visible; none where it does not answer. */
export async function nvidiaGpus(): Promise<NvidiaGpu[]> {
  const fields = "index,uuid,name,memory.total,memory.free";
  const answer = (await ask(`${fields},compute_cap`)) ?? (await ask(fields)) ?? "";
  const rows = answer
    .trim()
    .split("\n")
    .map((line) => line.split(/,\s*/))
    .filter((cells) => cells.length >= fields.split(",").length);
  const mebibytes = (text: string) => Number(text) * 2 ** 20;
  return visible(rows).map(([, , name, total, free, capability]) => ({
    name,
    capability: /^\d+\.\d$/.test(capability ?? "") ? capability : null,
    total: mebibytes(total),
    free: mebibytes(free),
  }));
}

async function ask(fields: string): Promise<string | null> {
  const args = [`--query-gpu=${fields}`, "--format=csv,noheader,nounits"];
  const { code, stdout } = await runCommand("nvidia-smi", args, { timeout: 30_000 });
  return code === 0 ? stdout : null;
}

/** CUDA counts or names GPUs by the start of their UUID, and stops at the first that there is not. */
function visible(rows: string[][]): string[][] {
  const chosen = process.env.CUDA_VISIBLE_DEVICES;
  if (chosen === undefined) return rows;
  const found: string[][] = [];
  for (const id of chosen.split(",").map((text) => text.trim())) {
    const row = rows.find(([index, uuid]) => index === id || (id.startsWith("GPU-") && uuid.startsWith(id)));
    if (row === undefined) break;
    found.push(row);
  }
  return found;
}
