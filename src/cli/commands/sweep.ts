import { Command, Option } from "commander";
import { FrostError } from "../../errors";
import { OPTIONS } from "../../options/table";
import { checkReportFolder } from "../../report/checkReportFolder";
import { stoppedLine } from "../../report/eventLine";
import { freezeSweep } from "../../sweep/freezeSweep";
import { latestSweep } from "../../sweep/latestSweep";
import { parseStrategies } from "../../sweep/parseStrategies";
import { RecordStore } from "../../sweep/RecordStore";
import { readRecords, recordsFile, type TrialRecord } from "../../sweep/record";
import { checkStrategies, type Recipe } from "../../sweep/strategies";
import { aboutCommand } from "../aboutCommand";
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
import { depths, wholeNumbers } from "../parseNumbers";
import { parseRates } from "../parseRates";
import { print, printJson } from "../print";
import { runFolder } from "../runFolder";
import { SweepBoard } from "../SweepBoard";
import { showSweep } from "../showSweep";
import { tableFlag } from "../tableFlag";

interface SweepFlags extends DataFlags, Omit<TrainingFlags, "learningRate">, KeepingFlags {
  learningRate: number | number[] | "auto";
  n?: number[];
  strategies?: Recipe[];
  seeds: number[];
  out?: string;
  json?: true;
}

export function sweepCommand(): Command {
  const command = addDataOptions(new Command("sweep"))
    .summary("fine-tune at every depth of freezing and compare")
    .description(
      "Fine-tunes the same model once for each depth of freezing and each seed, and shows what each depth costs and " +
        "brings. Trials that stand in the folder's records.jsonl already are not run again: a sweep that was cut off " +
        "goes on when the same command is given again, inside the trial that was running.",
    )
    .optionsGroup("Sweep:")
    .addOption(
      new Option(
        "--n <depths>",
        "blocks to freeze besides the embeddings: 0..6 or -1,0,3; -1, or none, freezes nothing, by which the others are measured (default: none to all)",
      ).argParser(depths),
    )
    .option(
      "--strategies <list>",
      "recipes to try beside freezing, joined by commas: layerwiseDecay, gradual, bitFit, norms, lora; with settings " +
        "as lora:rank=4:learningRate=3e-3",
      parseStrategies,
    )
    .addOption(
      new Option("--seeds <list>", "each depth and recipe is trained once per seed: 0,1,2 or 0..2")
        .argParser(wholeNumbers)
        .default([0], "0"),
    );
  const rates = tableFlag(OPTIONS.freezeSweep.learningRate, {
    flag: "--lr, --learning-rate <rates>",
    says: "peak learning rate of AdamW; several joined by commas: each depth is tried at each, and judged at its best; auto: three at each depth, higher ones the deeper the freeze",
  });
  addTrainingOptions(command, { learningRate: rates.argParser(parseRates) })
    .optionsGroup("Output:")
    .option(
      "--out <dir>",
      "where records and report go (default: runs/ and the path of --train without its ending)",
    )
    .option("--json", "print one record a line to stdout, those of an earlier run last");
  return addKeepingOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit sweep --model data/all-MiniLM-L6-v2 --train train.csv
  frostkit sweep --model bert-base-uncased --train train.csv --valid valid.csv --n -1,0,4,8,12 --seeds 0,1,2
  frostkit sweep --model data/all-MiniLM-L6-v2 --train train.csv --n 0..6 --lr 3e-4 --json > records.jsonl
  frostkit sweep --model data/all-MiniLM-L6-v2 --train train.csv --lr 5e-5,2e-4,1e-3
  frostkit sweep --model timm/resnet18.a1_in1k --train pets --n -1..4 --lr 1e-3
  frostkit sweep --model data/all-MiniLM-L6-v2 --train train.csv --n -1,0,3 --strategies layerwiseDecay,gradual:unfreeze=6/-1
  frostkit sweep --model data/all-MiniLM-L6-v2 --train train.csv --strategies bitFit:learningRate=3e-3,lora:rank=4:name=lora4

Settings of recipes: name and learningRate of all; decay of layerwiseDecay; unfreeze of gradual, the N of each epoch joined
by slashes; rank, alpha and dropout of lora.`,
    )
    .action(sweep);
}

async function sweep(flags: SweepFlags, command: Command): Promise<void> {
  const { n, strategies, seeds, metric, learningRate, ...more } = flags;
  const out = flags.out ?? runFolder(flags.train);
  RecordStore.check(out);
  checkReportFolder(out, "--out");
  const signal = interruptSignal(flags.maxMinutes);
  const { model, train, valid } = await loadCompared(flags, command, {
    // Each trial draws the head anew from its own seed.
    seed: seeds[0],
    signal,
    prepare: (model) => checkStrategies(strategies ?? [], model, flags.epochs),
  });

  const run = freezeSweep(
    model,
    { train, valid },
    {
      n,
      strategies,
      seeds,
      out,
      about: aboutCommand(flags, command),
      signal,
      log: note,
      restart: flags.restart,
      saveEvery: flags.saveEvery,
      ...trainingSettings({ metric, ...more }),
      ...(typeof learningRate === "number" ? { learningRate } : { learningRates: learningRate }),
    },
  );
  const board = new SweepBoard(out, metric);
  const printed = new Set<TrialRecord>();
  const tell = (record: TrialRecord) => {
    if (flags.json && !printed.has(record)) printJson(record);
    printed.add(record);
  };
  try {
    for await (const event of run) {
      board.show(event);
      if (event.type === "record") tell(event.record);
    }
  } finally {
    board.stop();
  }
  const result = await run;
  const { records, failed, aborted } = result;
  for (const record of records) tell(record);
  if (aborted && records.length < board.count) throw new Interrupted(stoppedLine(result, board.count));
  if (records.length > 0) {
    const kept = readRecords(recordsFile(out), note);
    await showSweep(latestSweep([...kept, ...records]), out, metric, flags.json ? note : print);
  }
  if (failed.length > 0)
    throw new FrostError(
      `${failed.length} of ${board.count} trials failed; the same command tries these again`,
    );
}
