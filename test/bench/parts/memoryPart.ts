import type { Task } from "../contest";
import type { Measured, Part } from "../Part";
import { row } from "../row";
import { BASE, stepsTask } from "./stepsPart";

const DEPTHS = [0, 3, 6, 9, 11, 12];

/** The most memory a process holds that loads BERT-base and trains it, each depth in a process of its own. */
export function memoryPart(precision: NonNullable<Task["precision"]>): Part {
  return {
    about:
      "BERT-base size with random weights, loaded and trained for 3 steps of 8 rows of 128 tokens: the most resident memory (ru_maxrss) " +
      "of a process that did nothing else, interpreter and libraries in it.",
    async measure(bench) {
      const model = bench.checkpoint(BASE);
      const measured: Measured = {};
      for (const n of DEPTHS)
        measured[`N = ${n}`] = await bench.contest(`N = ${n}`, () =>
          stepsTask(model, BASE, { n, steps: 3, precision }),
        );
      return measured;
    },
    rows: (measured) =>
      Object.entries(measured).map(([n, rounds]) =>
        row(
          `peak memory of the process, BERT-base size, ${n}, ${precision}, MB`,
          rounds,
          ({ peakRssBytes }) => peakRssBytes! / 1e6,
          { ratioAtMost: 1 },
        ),
      ),
  };
}
