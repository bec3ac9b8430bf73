import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { csvText } from "../../../src/data/csvText";
import { readTable } from "../../../src/data/readTable";
import { trainValidSplit } from "../../../src/data/splits";
import { takeRows, textDataset } from "../../../src/data/textDataset";
import { Random } from "../../../src/random";
import type { Figures, Task } from "../contest";
import type { Bench, Part } from "../Part";
import { row } from "../row";

/** Epochs of each trial. */
export const EPOCHS = 2;

const DEPTHS = [0, 1, 2, 3, 4, 5, 6];

/** The names under which it keeps its rounds. */
export const WHOLE = "N = 0 … 6";
export const ALONE = "N = 6 alone";
export const RESTING = "PyTorch with what is frozen in eval mode";
export const FIRING = "the kit with dropout in what is frozen";

const total = ({ trials }: Figures) => trials!.reduce((sum, { seconds }) => sum + seconds, 0);

/** The sweep of the bundled model, all depths in one process, and the deepest alone: its frozen pass is then a whole one. */
export function sweepPart(precision: NonNullable<Task["precision"]>): Part {
  return {
    about:
      `The bundled model, ${EPOCHS} epochs, batches of 32 by length, 128 tokens at most, learning rate 3e-4; each round is a seed of its own. ` +
      "Seconds of training and evaluation on the wall, frozen passes among them. The recipe lets dropout fire in what is frozen, the kit " +
      "does not; PyTorch with that part in eval mode, where it is faster too, is measured besides, and so is the kit with that dropout, where " +
      "it can keep no features: of these the accuracies are of the same training on both sides.",
    readsTable: true,
    async measure(bench) {
      const task: Omit<Task, "n"> = {
        kind: "sweep",
        model: bench.mini,
        precision,
        ...(await splitTable(bench)),
        epochs: EPOCHS,
        batchSize: 32,
        learningRate: 3e-4,
        maxLength: 128,
      };
      return {
        [WHOLE]: await bench.contest(WHOLE, (seed) => ({ ...task, seed, n: DEPTHS })),
        [ALONE]: await bench.contest(ALONE, (seed) => ({ ...task, seed, n: [6] })),
        [RESTING]: await bench.contest(RESTING, (seed) => ({ ...task, seed, n: DEPTHS, resting: true }), {
          sides: ["peer"],
        }),
        [FIRING]: await bench.contest(FIRING, (seed) => ({ ...task, seed, n: DEPTHS, frozenDropout: true }), {
          sides: ["kit"],
        }),
      };
    },
    rows({ [WHOLE]: whole, [ALONE]: alone, [RESTING]: resting, [FIRING]: firing }) {
      const [train, valid] = whole.kit[0].rows!;
      const of = `${train.toLocaleString("en")} + ${valid.toLocaleString("en")} rows, ${precision}`;
      return [
        row(`sweep N = 0 … 6, ${of}, s`, whole, total, { ratioAtMost: 0.4 }),
        ...DEPTHS.map((n) =>
          row(`of it N = ${n}, ${precision}, s`, whole, ({ trials }) => trials![n].seconds, {
            ratioAtMost: n === 6 ? 0.08 : 0.75,
          }),
        ),
        row(`N = 6 alone, ${precision}, s`, alone, total, { ratioAtMost: 0.25 }),
        ...(resting?.peer.length
          ? [row(`sweep, ${RESTING}, ${precision}, s`, { kit: whole.kit, peer: resting.peer }, total)]
          : []),
        ...(firing
          ? [row(`sweep, ${FIRING}, ${precision}, s`, { kit: firing.kit, peer: whole.peer }, total)]
          : []),
      ];
    },
  };
}

/** The table's rows, or as many of them drawn at random, a fifth of them to judge by: as two files, so that both sides read the same. */
async function splitTable({
  table,
  folder,
}: Bench): Promise<Pick<Task, "train" | "valid" | "text" | "label">> {
  const whole = textDataset(await readTable(table.train), table);
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
