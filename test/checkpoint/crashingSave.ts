// Run as a process of its own: saves a checkpoint and is killed on the way, as by a crash of the machine.
//   node --import tsx crashingSave.ts <folder> <while data is asked for | before rename 1 | before rename 2>
import fs from "node:fs";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";

const [folder, moment] = process.argv.slice(2);
const die = () => process.kill(process.pid, "SIGKILL");

const { renameSync } = fs;
let renames = 0;
fs.renameSync = (from, to) => {
  renames++;
  if (moment === `before rename ${renames}`) die();
  renameSync(from, to);
};

void saveCheckpoint(folder, {
  config: { state: "new" },
  tensors: [
    { name: "a", shape: [1], data: () => Float32Array.of(2) },
    {
      name: "b",
      shape: [1],
      data: () => {
        if (moment === "while data is asked for") die();
        return Float32Array.of(2);
      },
    },
  ],
});
