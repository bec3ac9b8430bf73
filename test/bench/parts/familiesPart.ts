import type { Measured, Part } from "../Part";
import { row } from "../row";
import { perStep, stepsTask } from "./stepsPart";

const SIZE = { layers: 6, hidden: 768, rows: 8, tokens: 128 };

/** At most this many times PyTorch's seconds, by depth; RoBERTa, a BERT but for its positions, is what the others are held beside. */
const TARGETS = {
  roberta: { 0: null, 3: null },
  "deberta-v2": { 0: 0.85, 3: 0.5 },
  modernbert: { 0: 0.85, 3: 0.5 },
} as const;

const cases = (Object.keys(TARGETS) as (keyof typeof TARGETS)[]).flatMap((family) =>
  ([0, 3] as const).map((n) => ({ family, n, name: `${family}, N = ${n}`, most: TARGETS[family][n] })),
);

/** One training step of the families whose blocks differ most. */
export const familiesPart: Part = {
  about:
    "6 blocks of 768 with random weights and each family's published settings, 8 rows of 128 tokens: the median of the last 4 of 8 steps, " +
    "frozen features warm.",
  async measure(bench) {
    const measured: Measured = {};
    for (const { family, n, name } of cases)
      measured[name] = await bench.contest(name, () =>
        stepsTask(bench.checkpoint({ ...SIZE, family }), SIZE, { n, steps: 8 }),
      );
    return measured;
  },
  rows: (measured) =>
    cases.map(({ name, most }) =>
      row(
        `a step, 6 x 768, ${name}, fp32, s`,
        measured[name],
        perStep,
        most === null ? null : { ratioAtMost: most },
      ),
    ),
};
