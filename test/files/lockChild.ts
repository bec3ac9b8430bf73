// A process that locks a folder: node --import tsx lockChild.ts <folder> <"hold" | "end" | "for ever">.
import { setTimeout } from "node:timers/promises";
import { FolderLock } from "../../src/files/FolderLock";

async function main(folder: string, how: string): Promise<void> {
  try {
    const lock = FolderLock.take(folder, (line) => console.log(line));
    const begun = Date.now();
    if (how === "for ever") setInterval(() => {}, 1000);
    if (how === "end") console.log("taken");
    if (how !== "hold") return;
    await setTimeout(20);
    console.log(`held ${begun} ${Date.now()} .`);
    lock.release();
  } catch (error) {
    console.log((error as Error).message);
  }
}

void main(process.argv[2], process.argv[3]);
