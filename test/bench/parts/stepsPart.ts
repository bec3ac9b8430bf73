import type { Figures, Task } from "../contest";
import type { Measured, Part } from "../Part";
import { row } from "../row";
import { median } from "../spread";

/** What is stepped in BERT-base size. */
export const BASE = { layers: 12, hidden: 768, rows: 8, tokens: 128 };

/** The median of the second half: the first steps warm up, and in the kit's first epoch frozen features are made. */
export const perStep = ({ seconds }: Figures) => median(seconds!.slice(Math.floor(seconds!.length / 2)));

/** So many steps of so many rows at one depth. */
export function stepsTask(
  model: string,
  { rows, tokens }: { rows: number; tokens: number },
  task: { n: number; steps: number; precision?: Task["precision"] },
): Task {
  return { kind: "steps", model, batchSize: rows, tokens, ...task, n: [task.n] };
}

/** At most this many times PyTorch's seconds, by depth. */
const TARGETS = {
  fp32: { 0: 0.65, 6: 0.45, 11: 0.2 },
  bf16: { 0: 0.9, 6: 0.45, 11: 0.2 },
};

/** One training step of BERT-base size. */
export function stepsPart(precision: NonNullable<Task["precision"]>): Part {
  const depths = Object.entries(TARGETS[precision]);
  return {
    about:
      "BERT-base size with random weights, 8 rows of 128 tokens: the median of the last 4 of 8 steps, frozen features warm.",
    async measure(bench) {
      const model = bench.checkpoint(BASE);
      const measured: Measured = {};
      for (const [n] of depths)
        measured[`N = ${n}`] = await bench.contest(`N = ${n}`, () =>
          stepsTask(model, BASE, { n: Number(n), steps: 8, precision }),
        );
      return measured;
    },
    rows: (measured) =>
      depths.map(([n, ratioAtMost]) =>
        row(`a step, BERT-base size, N = ${n}, ${precision}, s`, measured[`N = ${n}`], perStep, {
          ratioAtMost,
        }),
      ),
  };
}
