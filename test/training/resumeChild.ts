// A training in a process of its own, to be killed: node --import tsx resumeChild.ts <state folder> <model folder>.
import { fineTune } from "../../src/training/fineTune";
import { loadTiny, toyRows } from "./toyData";

export const killed = { epochs: 4, batchSize: 8, learningRate: 3e-3, seed: 2, saveEvery: 1 };

async function main(folder: string, model: string): Promise<void> {
  const data = { train: toyRows(48), valid: toyRows(24, "valid") };
  const run = fineTune(await loadTiny(model), data, { ...killed, resume: folder, log: () => {} });
  for await (const event of run) {
    if (event.type === "resumed") console.log("resumed");
    if (event.type === "step") console.log(event.step);
  }
  console.log("ended");
}

if (require.main === module) void main(process.argv[2], process.argv[3]);
