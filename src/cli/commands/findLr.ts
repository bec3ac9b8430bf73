import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { checkInteger } from "../../check";
import { replaceFile } from "../../files/replaceFile";
import { OPTIONS } from "../../options/table";
import { learningRateFigure } from "../../report/learningRateFigure";
import { toPng } from "../../report/toPng";
import { findLearningRate } from "../../search/findLearningRate";
import { formatRates } from "../../search/formatRates";
import { formatRate } from "../../text/numbers";
import { formatN } from "../../text/trialTitle";
import { withBar } from "../Board";
import { checkPicture } from "../checkPicture";
import { Interrupted, interruptSignal } from "../interrupt";
import { loadInputs } from "../loadInputs";
import { note } from "../note";
import {
  addDataOptions,
  addTrainingOptions,
  type DataFlags,
  type TrainingFlags,
  trainingSettings,
} from "../options";
import { depths } from "../parseNumbers";
import { print, printJson } from "../print";
import { runFolder } from "../runFolder";
import { tableFlag } from "../tableFlag";

interface FindLrFlags
  extends DataFlags,
    Omit<TrainingFlags, "learningRate" | "headInit" | "metric" | "metrics"> {
  n: number[];
  steps?: number;
  minLearningRate: number;
  maxLearningRate: number;
  seed: number;
  out?: string;
  json?: true;
}

/** Where the picture is. */
const PICTURE = "find-lr.png";

export function findLrCommand(): Command {
  const { steps, minLearningRate, maxLearningRate } = OPTIONS.findLearningRate;
  const command = addDataOptions(new Command("find-lr"))
    .summary("suggest a learning rate for each depth, by one short training with a rising rate")
    .description(
      "Suggests a peak learning rate for each depth by a range test: one short training on the training rows, in which the rate " +
        "rises from step to step until the loss diverges. Which of the rates near it generalises best, a sweep tells.",
    )
    .optionsGroup("Rates:")
    .addOption(
      new Option(
        "--n <depths>",
        "blocks to freeze besides the embeddings, a rate for each: 0..6 or -1,0,3; -1, or none, freezes nothing",
      )
        .argParser(depths)
        .default([-1], "none"),
    );
  command.addOption(tableFlag(steps));
  for (const entry of [minLearningRate, maxLearningRate]) command.addOption(tableFlag(entry).argParser(rate));
  command.addOption(
    tableFlag(OPTIONS.fineTune.seed, {
      flag: "--seed <seed>",
      says: "starts every random draw: a new head, dropout and the order of rows",
    }),
  );
  return addTrainingOptions(command, {}, OPTIONS.findLearningRate)
    .optionsGroup("Output:")
    .option(
      "--out <dir>",
      "where the picture goes (default: runs/ and the path of --train without its ending)",
    )
    .option("--json", "print one depth a line to stdout")
    .addHelpText(
      "after",
      `
Examples:
  frostkit find-lr --model data/all-MiniLM-L6-v2 --train train.csv --n none,2,4,6
  frostkit find-lr --model bert-base-uncased --train train.csv --n 8 --batch 16 --json > rates.jsonl`,
    )
    .action(findLr);
}

async function findLr(flags: FindLrFlags, command: Command): Promise<void> {
  const { n, steps, minLearningRate, maxLearningRate, seed, ...more } = flags;
  const picture = join(flags.out ?? runFolder(flags.train), PICTURE);
  checkPicture(picture, "find-lr");
  const signal = interruptSignal();
  const { model, train } = await loadInputs(flags, command, {
    seed,
    signal,
    prepare(model) {
      for (const depth of n) checkInteger("--n", depth, -1, model.depth);
    },
  });
  const run = findLearningRate(
    model,
    { train },
    {
      ...trainingSettings(more),
      ...{ n, steps, minLearningRate, maxLearningRate, seed, signal },
    },
  );
  await withBar("trying rates", async (bar) => {
    let depth = "";
    for await (const event of run) {
      if (event.type === "depth") depth = `N = ${formatN(event.n!)}: `;
      if (event.type === "frozen") bar.update(event.done, event.total, `${depth}frozen pass`);
      if (event.type === "step")
        bar.update(
          event.step,
          event.steps,
          `${depth}rate ${formatRate(Number(event.learningRate.toPrecision(2)))}`,
        );
    }
  });
  const curves = await run;
  if (curves.length < new Set(n).size || curves.some(({ ended }) => ended === "aborted"))
    throw new Interrupted("stopped before all rates were tried; the model is as it was");
  if (flags.json) printJson(...curves);
  const say = flags.json ? note : print;
  say(formatRates(curves));
  replaceFile(picture, await toPng(learningRateFigure(curves)));
  say(`\npicture: ${picture}`);
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a number above 0, as 1e-6.");
}
