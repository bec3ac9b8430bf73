import { formatN } from "../../../src/text/trialTitle";
import type { Figures, Rounds } from "../contest";
import type { Bench, Measured, Part } from "../Part";
import { row } from "../row";
import { BASE, perStep, stepsTask } from "./stepsPart";

const MODELS = [
  {
    what: "the bundled encoder",
    folder: ({ encoder }: Bench) => encoder,
    batch: { rows: 32, tokens: 32 },
    steps: 12,
  },
  {
    what: "BERT-base size",
    folder: (bench: Bench) => bench.checkpoint(BASE),
    batch: BASE,
    steps: 6,
  },
];

/** What ONNX Runtime is held to: at most this many times PyTorch's seconds, by depth. */
const TARGETS = { "-1": 0.85, 0: 0.9, 3: 0.55 };

const cases = MODELS.flatMap((model) =>
  Object.entries(TARGETS)
    .map(([n, most]) => ({ n: Number(n), most }))
    .sort((a, b) => a.n - b.n)
    .map((depth) => ({ ...model, ...depth, name: `${model.what}, N = ${formatN(depth.n)}` })),
);

const ENGINES = [
  { side: "onnxruntime", named: "ONNX Runtime" },
  { side: "kit", named: "TensorFlow" },
] as const;

const megabytes = ({ peakRssBytes }: Figures) => peakRssBytes! / 1e6;

/** A step and its memory on each engine that is at full speed in Node, and in PyTorch, all in turns. */
export const enginesPart: Part = {
  about:
    "The bundled encoder, 32 rows of 32 tokens, the last 6 of 12 steps; BERT-base size with random weights, 8 rows of 128 tokens, the last 3 of " +
    "6 steps: their median, frozen features warm. Memory is the most resident memory of the same processes, interpreter and libraries in it.",
  async measure(bench) {
    const measured: Measured = {};
    for (const { name, folder, batch, n, steps } of cases)
      measured[name] = await bench.contest(name, () => stepsTask(folder(bench), batch, { n, steps }), {
        sides: ["onnxruntime", "kit", "peer"],
      });
    return measured;
  },
  rows: (measured) =>
    cases.flatMap(({ name, most }) =>
      ENGINES.flatMap(({ side, named }) => {
        const rounds: Rounds = { kit: measured[name][side]!, peer: measured[name].peer };
        const held = side === "onnxruntime";
        return [
          row(`a step on ${named}, ${name}, fp32, s`, rounds, perStep, held ? { ratioAtMost: most } : null),
          row(`its peak memory, ${named}, ${name}, MB`, rounds, megabytes, held ? { ratioAtMost: 1 } : null),
        ];
      }),
    ),
};
