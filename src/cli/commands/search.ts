import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { InputError } from "../../errors";
import { replaceFile } from "../../files/replaceFile";
import { OPTIONS } from "../../options/table";
import { searchFigure } from "../../report/searchFigure";
import { toPng } from "../../report/toPng";
import { formatSearch } from "../../search/formatSearch";
import type { Goal } from "../../search/SearchOptions";
import { searchDepth } from "../../search/searchDepth";
import { RecordStore } from "../../sweep/RecordStore";
import { formatRate } from "../../text/numbers";
import { formatN } from "../../text/trialTitle";
import { aboutCommand } from "../aboutCommand";
import { checkPicture } from "../checkPicture";
import { Interrupted, interruptSignal } from "../interrupt";
import { loadCompared } from "../loadCompared";
import { note } from "../note";
import {
  addDataOptions,
  addKeepingOptions,
  addTrainingOptions,
  type DataFlags,
  type KeepingFlags,
  type TrainingFlags,
  trainingSettings,
} from "../options";
import { depths } from "../parseNumbers";
import { parseRates } from "../parseRates";
import { print, printJson } from "../print";
import { runFolder } from "../runFolder";
import { SearchBoard } from "../SearchBoard";
import { tableFlag } from "../tableFlag";

interface SearchFlags extends DataFlags, Omit<TrainingFlags, "learningRate">, KeepingFlags {
  learningRate: number | number[] | "auto";
  goal: Goal;
  n?: number[];
  seed: number;
  out?: string;
  json?: true;
}

/** Where the picture is. */
const PICTURE = "search.png";

export function searchCommand(): Command {
  const command = addDataOptions(new Command("search"))
    .summary("find the depth to freeze, and its learning rate, in less than one fine-tuning")
    .description(
      "Finds how many blocks to freeze and at which learning rate to train the rest, in less time than one fine-tuning with " +
        "nothing frozen takes: the deepest freezes first, which train in seconds, and shallower ones only while they do better " +
        "on the same rows. Its trials stand in the folder's records.jsonl, and a sweep with --lr auto and the same --out goes on from them.",
    )
    .optionsGroup("Search:")
    .addOption(
      new Option(
        "--goal <goal>",
        "which depth is wanted: deepest, the deepest within a standard error of the best; best, the best score; loss=0.01, the " +
          "deepest that loses no more; minutes=2, the best of those that are fine-tuned in that time",
      )
        .argParser(parseGoal)
        .default("deepest"),
    )
    .addOption(
      new Option(
        "--n <depths>",
        "blocks to choose from besides the embeddings: 0..6 or -1,0,3; -1, or none, freezes nothing (default: none to all)",
      ).argParser(depths),
    )
    .addOption(tableFlag(OPTIONS.searchDepth.seed));
  const rates = tableFlag(OPTIONS.freezeSweep.learningRate, {
    flag: "--lr, --learning-rate <rates>",
    says: "peak learning rates of AdamW to choose from at each depth, joined by commas; auto: three at each depth, higher ones the deeper the freeze",
    default: "auto",
  });
  addTrainingOptions(command, { learningRate: rates.argParser(parseRates) })
    .optionsGroup("Output:")
    .option(
      "--out <dir>",
      "where records and the picture go (default: runs/ and the path of --train without its ending)",
    )
    .option("--json", "print the result as one line of JSON to stdout");
  return addKeepingOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit search --model data/all-MiniLM-L6-v2 --train train.csv --epochs 3
  frostkit search --model bert-base-uncased --train train.csv --valid valid.csv --goal loss=0.01
  frostkit search --model data/all-MiniLM-L6-v2 --train train.csv --lr 5e-5,2e-4,1e-3 --json > choice.json`,
    )
    .action(search);
}

async function search(flags: SearchFlags, command: Command): Promise<void> {
  const { n, goal, seed, metric, learningRate, ...more } = flags;
  const out = flags.out ?? runFolder(flags.train);
  RecordStore.check(out);
  const picture = join(out, PICTURE);
  checkPicture(picture, "a search");
  const signal = interruptSignal(flags.maxMinutes);
  const { model, train, valid } = await loadCompared(flags, command, { seed, signal });
  const run = searchDepth(
    model,
    { train, valid },
    {
      ...{ n, goal, seed, out, signal, log: note },
      about: aboutCommand(flags, command),
      restart: flags.restart,
      saveEvery: flags.saveEvery,
      ...trainingSettings(more),
      ...(metric && { metric }),
      learningRates: typeof learningRate === "number" ? [learningRate] : learningRate,
    },
  );
  const board = new SearchBoard();
  try {
    for await (const event of run) board.show(event);
  } finally {
    board.stop();
  }
  const result = await run;
  if (result.aborted)
    throw new Interrupted(`stopped: ${result.sentence} The same command goes on from there`);
  if (flags.json) printJson(result);
  const say = flags.json ? note : print;
  say(formatSearch(result));
  replaceFile(picture, await toPng(searchFigure(result)));
  say(`
N = ${formatN(result.n)} at ${formatRate(result.learningRate)} took ${result.seconds.toFixed(1)} s to find.
picture: ${picture}
The whole curve: the same command with sweep for search, --out ${out} and --lr ${typeof learningRate === "object" ? learningRate.map(formatRate).join() : "auto"}`);
}

/** "deepest", "best", "loss=0.01" or "minutes=2". */
function parseGoal(text: string): Goal {
  const [, name, value] = /^(loss|minutes)=(.+)$/.exec(text.trim()) ?? [];
  const goal = name === undefined ? text.trim() : { [name]: Number(value) };
  try {
    return OPTIONS.searchDepth.goal.kind.check("goal", goal, "frostkit") as Goal;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InvalidArgumentError("Expected deepest, best, loss=0.01 or minutes=2.");
  }
}
