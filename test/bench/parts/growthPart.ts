import type { Measured, Part } from "../Part";
import { row } from "../row";
import { type StepSize, stepFlops } from "../stepFlops";
import { perStep, stepsTask } from "./stepsPart";

/** Where all four lines of growth meet. */
export const MIDDLE: StepSize = { layers: 4, hidden: 256, rows: 8, tokens: 128 };

/** What each size is tried at while the others stay. */
export const GROWTH: Record<keyof StepSize, number[]> = {
  rows: [2, 4, 8, 16, 32],
  tokens: [32, 64, 128, 256, 512],
  layers: [1, 2, 4, 8, 16],
  hidden: [64, 128, 256, 512, 1024],
};

export const sizeName = ({ layers, hidden, rows, tokens }: StepSize) =>
  `${layers} x ${hidden}, ${rows} x ${tokens} tokens`;

export const sizes = (): StepSize[] => {
  const all = Object.entries(GROWTH).flatMap(([name, values]) =>
    values.map((value) => ({ ...MIDDLE, [name]: value })),
  );
  return [...new Map(all.map((size) => [sizeName(size), size])).values()];
};

/** How a step's time and memory grow with rows, length, depth and width; the kit's alone. */
export const growthPart: Part = {
  about:
    "The kit alone: BERTs of so many layers x hidden units with random weights, so many rows x tokens, N = 0, float32; a step's seconds and the most " +
    "bytes that tensors held at once, weights and moments among them.",
  async measure(bench) {
    const measured: Measured = {};
    for (const size of sizes()) {
      const model = bench.checkpoint(size);
      measured[sizeName(size)] = await bench.contest(
        sizeName(size),
        () => stepsTask(model, size, { n: 0, steps: 8 }),
        { sides: ["kit"] },
      );
    }
    return measured;
  },
  rows: (measured) =>
    sizes().flatMap((size) => {
      const rounds = measured[sizeName(size)];
      const flops = `${(stepFlops(size) / 1e9).toPrecision(3)} GFLOP`;
      return [
        row(`a step, ${sizeName(size)}, ${flops}, s`, rounds, perStep),
        row(
          `peak tensor memory, ${sizeName(size)}, MB`,
          rounds,
          ({ peakTensorBytes }) => peakTensorBytes! / 1e6,
        ),
      ];
    }),
};
