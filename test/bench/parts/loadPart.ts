import type { Task } from "../contest";
import type { Part } from "../Part";
import { row } from "../row";
import { BASE } from "./stepsPart";

const NAME = "load";

/** Loading a checkpoint of BERT-base's size. */
export const loadPart: Part = {
  about:
    "A checkpoint of 438 MB whose file the system still holds in memory, after one turn of each side that does not count; programs and libraries are loaded before the clock starts. PyTorch's call " +
    "answers with weights that lie in a mapped file, read where they are first used; ready to step is when each has been read once.",
  async measure(bench) {
    const model = bench.checkpoint(BASE);
    const task = (): Task => ({ kind: "load", model });
    await bench.contest("a turn to warm up", task, { rounds: 1 });
    return { [NAME]: await bench.contest(NAME, task) };
  },
  rows: ({ [NAME]: rounds }) => [
    row("loading 438 MB, the call, s", rounds, ({ seconds }) => seconds![0], { ratioAtMost: 1 }),
    row("loading 438 MB, ready to step, s", rounds, ({ seconds }) => seconds![1], { ratioAtMost: 1 }),
  ],
};
