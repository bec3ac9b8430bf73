import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { csvText } from "../../../src/data/csvText";
import { readTable } from "../../../src/data/readTable";
import { trainValidSplit } from "../../../src/data/splits";
import { takeRows } from "../../../src/data/takeRows";
import { textDataset } from "../../../src/data/textDataset";
import { Random } from "../../../src/random";
import { formatN } from "../../../src/text/trialTitle";
import type { Figures, Task } from "../contest";
import type { Bench, Measured, Part } from "../Part";
import { row } from "../row";

/** Epochs of each trial. */
export const EPOCHS = 3;

/** -1 freezes nothing. */
export const DEPTHS = [-1, 0, 1, 2, 3, 4, 5, 6];
const DEEPEST = 6;

/** The names under which it keeps its rounds. */
export const WHOLE = "N = none … 6";
export const ALONE = "N = 6 alone";
export const RESTING = "PyTorch with what is frozen in eval mode";
export const FIRING = "the kit with dropout in what is frozen";
export const peakOf = (n: number): string => `N = ${formatN(n)}, a process of its own`;

const total = ({ trials }: Figures) => trials!.reduce((sum, { seconds }) => sum + seconds, 0);
const secondsAt =
  (n: number) =>
  ({ trials }: Figures) =>
    trials!.find((trial) => trial.n === n)!.seconds;

/** The sweep of the bundled encoder, all depths in one process, and the deepest alone: its frozen pass is then a whole one. */
export function sweepPart(precision: NonNullable<Task["precision"]>): Part {
  return {
    about:
      `The bundled encoder, ${EPOCHS} epochs, batches of 32 by length, 48 tokens at most, learning rate 7e-4; each round is a seed of its own. ` +
      "Seconds of training and evaluation on the wall, frozen passes among them. The recipe lets dropout fire in what is frozen, the kit " +
      "does not; PyTorch with that part in eval mode, where it is faster too, is measured besides, and so is the kit with that dropout, where " +
      "it can keep no features: of these the accuracies are of the same training on both sides. Memory is the most resident memory of a " +
      "process that loads the model and trains one epoch at one depth, interpreter and libraries in it.",
    readsTable: true,
    async measure(bench) {
      const task: Omit<Task, "n"> = {
        kind: "sweep",
        model: bench.encoder,
        precision,
        ...(await splitTable(bench)),
        epochs: EPOCHS,
        batchSize: 32,
        learningRate: 7e-4,
        maxLength: 48,
      };
      const measured: Measured = {
        [WHOLE]: await bench.contest(WHOLE, (seed) => ({ ...task, seed, n: DEPTHS })),
        [ALONE]: await bench.contest(ALONE, (seed) => ({ ...task, seed, n: [DEEPEST] })),
        [RESTING]: await bench.contest(RESTING, (seed) => ({ ...task, seed, n: DEPTHS, resting: true }), {
          sides: ["peer"],
        }),
        [FIRING]: await bench.contest(FIRING, (seed) => ({ ...task, seed, n: DEPTHS, frozenDropout: true }), {
          sides: ["kit"],
        }),
      };
      for (const n of DEPTHS)
        measured[peakOf(n)] = await bench.contest(
          peakOf(n),
          (seed) => ({ ...task, seed, n: [n], epochs: 1, resting: true }),
          { rounds: 1 },
        );
      return measured;
    },
    rows({ [WHOLE]: whole, [ALONE]: alone, [RESTING]: resting, [FIRING]: firing, ...peaks }) {
      const [train, valid] = whole.kit[0].rows!;
      const of = `${train.toLocaleString("en")} + ${valid.toLocaleString("en")} rows, ${precision}`;
      return [
        row(`sweep ${WHOLE}, ${of}, s`, whole, total, { ratioAtMost: 0.6 }),
        ...DEPTHS.map((n) =>
          row(`of it N = ${formatN(n)}, ${precision}, s`, whole, secondsAt(n), {
            ratioAtMost: n === DEEPEST ? 0.08 : n <= 0 ? 1 : 0.75,
          }),
        ),
        row(`N = 6 alone, ${precision}, s`, alone, total, { ratioAtMost: 0.25 }),
        ...(resting?.peer.length
          ? [row(`sweep, ${RESTING}, ${precision}, s`, { kit: whole.kit, peer: resting.peer }, total)]
          : []),
        ...(firing
          ? [row(`sweep, ${FIRING}, ${precision}, s`, { kit: firing.kit, peer: whole.peer }, total)]
          : []),
        ...DEPTHS.flatMap((n) =>
          peaks[peakOf(n)]
            ? [
                row(
                  `peak memory of the process, N = ${formatN(n)}, ${precision}, MB`,
                  peaks[peakOf(n)],
                  ({ peakRssBytes }) => peakRssBytes! / 1e6,
                ),
              ]
            : [],
        ),
      ];
    },
  };
}

/** Two files, so that both sides read the same: those given, or of one table all rows, or as many of them drawn at random, a fifth to judge by. */
async function splitTable({
  table,
  folder,
}: Bench): Promise<Pick<Task, "train" | "valid" | "text" | "label">> {
  if (table.valid !== undefined)
    return { train: table.train, valid: table.valid, text: table.text, label: table.label };
  const { text, label } = table;
  const whole = textDataset(await readTable(table.train), { text, label });
  const order = new Random("bench", "rows").shuffle(Int32Array.from(whole.texts, (_, row) => row));
  const dataset = takeRows(whole, order.slice(0, table.rows).sort());
  const { labels } = dataset;
  if (labels?.problemType !== "single_label_classification") throw new Error("the bench compares classes");
  const split = trainValidSplit(dataset, { validFraction: 0.2, seed: 0 });
  const [train, valid] = (["train", "valid"] as const).map((name) => {
    const file = join(folder, `${name}.csv`);
    const cells = [...split[name]].map((row) => [dataset.texts[row], labels.classes[labels.ids[row]]]);
    writeFileSync(file, csvText([["text", "label"], ...cells]));
    return file;
  });
  return { train, valid, text: "text", label: "label" };
}
