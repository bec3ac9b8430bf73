// A sweep in a process of its own that dies when a trial's predictions are on the disk and its record is not:
// node --import tsx killedSweep.ts <folder> <engine>.
import fs from "node:fs";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { tinyBert, toyRows } from "../training/toyData";

export const killed = {
  ...{ n: [2, 3], epochs: 2, batchSize: 8, learningRate: 3e-3 },
  log: () => {},
};

/** As the tiny BERT has three labels. */
export const killedData = () => ({ train: threeClasses(24, "train"), valid: threeClasses(16, "valid") });

function threeClasses(count: number, purpose: string) {
  const rows = toyRows(count, purpose);
  return { ...rows, labels: { ...rows.labels!, classes: ["odd", "even", "neither"] } as typeof rows.labels };
}

if (require.main === module) {
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    // Records are added under this lock.
    if (String(to).endsWith(".frostkit-append")) process.kill(process.pid, "SIGKILL");
    renameSync(from, to);
  };
  const [out, engine] = process.argv.slice(2);
  void useEngine(engine as EngineName).then(() => freezeSweep(tinyBert, killedData(), { ...killed, out }));
}
