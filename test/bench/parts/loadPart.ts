import type { Task } from "../contest";
import type { Part } from "../Part";
import { row } from "../row";
import { BASE } from "./stepsPart";

const NAME = "load";

/** Loading a checkpoint of BERT-base's size. */
export const loadPart: Part = {
  about:
    "A checkpoint of 438 MB that the system still holds in memory, after one turn of each side that does not count; programs and libraries " +
    "are loaded before the clock starts. PyTorch's call answers with weights in a mapped file, read where they are first used and copied " +
    "where they are first written; a step does both, so both are timed as well.",
  async measure(bench) {
    const model = bench.checkpoint(BASE);
    const task = (): Task => ({ kind: "load", model });
    await bench.contest("a turn to warm up", task, { rounds: 1 });
    return { [NAME]: await bench.contest(NAME, task) };
  },
  rows: ({ [NAME]: rounds }) => [
    row("loading 438 MB, the call, s", rounds, ({ seconds }) => seconds![0], { ratioAtMost: 1 }),
    row("the same, each weight read, s", rounds, ({ seconds }) => seconds![1], { ratioAtMost: 1 }),
    row("the same, each trainable one written, s", rounds, ({ seconds }) => seconds![2], { ratioAtMost: 1 }),
  ],
};
