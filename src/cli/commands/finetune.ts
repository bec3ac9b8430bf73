import { Command } from "commander";
import { CHECKPOINT } from "../../checkpoint/saveCheckpoint";
import { InputError } from "../../errors";
import { isInside } from "../../files/isInside";
import { checkSaveFolder } from "../../files/writeFolder";
import { listParams } from "../../freeze";
import { OPTIONS } from "../../options/table";
import { epochLine, evaluationLine, weightsLine } from "../../report/eventLine";
import { alignTable } from "../../text/alignTable";
import { formatCount, formatEpoch, formatScore } from "../../text/numbers";
import { checkHeadInit } from "../../training/checkHeadInit";
import { checkTrainable } from "../../training/checkTrainable";
import type { EpochRecord, FineTuneResult } from "../../training/events";
import { fineTune } from "../../training/fineTune";
import { StateFolder } from "../../training/StateFolder";
import { withBar } from "../Board";
import { checkNoneGiven } from "../checkNoneGiven";
import type { FoldFlags } from "../dealFolds";
import { checkFoldsFolder, finetuneFolds } from "../finetuneFolds";
import { Interrupted, interruptSignal } from "../interrupt";
import { loadInputs } from "../loadInputs";
import { note } from "../note";
import {
  addDataOptions,
  addFreezeOptions,
  addKeepingOptions,
  addTrainingOptions,
  type DataFlags,
  type FreezeFlags,
  freezeBy,
  type KeepingFlags,
  type TrainingFlags,
  trainingSettings,
} from "../options";
import { wholeNumber } from "../parseNumbers";
import { print } from "../print";
import { showTraining } from "../showTraining";
import { tableFlag } from "../tableFlag";

interface FineTuneFlags extends DataFlags, FoldFlags, TrainingFlags, FreezeFlags, KeepingFlags {
  seed: number;
  save?: string;
  resume?: string;
}

export function finetuneCommand(): Command {
  const command = addFreezeOptions(addDataOptions(new Command("finetune")))
    .summary("freeze, fine-tune and save a model")
    .description(
      "Freezes what is named, fine-tunes the rest and prints a table of the epochs. Without --freeze and " +
        "--freeze-where everything is trained. A run that was stopped or killed goes on when the same command is given again.",
    )
    .optionsGroup("Folds:")
    .option(
      "--folds <count>",
      "train one model for each of so many folds of --train, on the rows outside it, and predict the rows in it: out_of_fold.csv and the models go to the folder of --save",
      wholeNumber(2),
    )
    .option(
      "--groups <column>",
      "rows that have the same there share a fold, as those of an author; no cell of it may be empty",
    )
    .optionsGroup("Training:")
    .addOption(
      tableFlag(OPTIONS.fineTune.seed, {
        flag: "--seed <seed>",
        says: "starts every random draw: a new head, dropout and the order of rows",
      }),
    );
  addTrainingOptions(command)
    .optionsGroup("Output:")
    .option("--save <dir>", "save the model here, as Python's Transformers loads it")
    .addOption(
      tableFlag(OPTIONS.fineTune.resume, {
        says: "keep the run's state here until it is saved, and go on from there (default: the folder of --save with -unfinished)",
      }),
    );
  return addKeepingOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit finetune --model data/all-MiniLM-L6-v2 --train train.csv --freeze 3 --save runs/model
  frostkit finetune --model data/all-MiniLM-L6-v2 --train train.csv --freeze-where "*.attention.*" --freeze-where embeddings.
  frostkit finetune --model data/all-MiniLM-L6-v2 --train train.csv --valid-fraction 0 --save runs/on-all-rows
  frostkit finetune --model data/all-MiniLM-L6-v2 --train train.csv --freeze 3 --folds 5 --save runs/folds
  frostkit finetune --model timm/resnet18.a1_in1k --train pets --freeze 2 --lr 1e-3 --augment 0.5 --save runs/pets`,
    )
    .action(finetune);
}

async function finetune(flags: FineTuneFlags, command: Command): Promise<void> {
  const { seed, save, saveEvery, restart } = flags;
  const foldsFolder = flags.folds === undefined ? null : checkFoldsFolder(save);
  if (foldsFolder !== null) checkNoneGiven(command, ["resume"], "folds are kept in the folder of --save");
  const resume = flags.resume ?? (save && `${save.replace(/[\\/]+$/, "")}-unfinished`);
  const checkSave = (source: string | undefined, needed?: number) => {
    if (save !== undefined && foldsFolder === null)
      checkSaveFolder(save, CHECKPOINT, { source, needed, option: "--save" });
  };
  checkSave(flags.model);
  if (save !== undefined && resume !== undefined && isInside(resume, save))
    throw new InputError(
      `--resume: expected a folder outside of ${save}, which --save replaces as a whole, got ${resume}; name another`,
    );
  const signal = interruptSignal(flags.maxMinutes);
  const { model, train, valid, dealt } = await loadInputs(flags, command, {
    seed,
    signal,
    prepare(model) {
      if (flags.valid === undefined && flags.validFraction === 0 && foldsFolder === null)
        for (const [flag, value, why] of [
          ["--early-stopping", flags.earlyStopping, "judge epochs by"],
          ["--eval-every", flags.evalEvery, "score"],
        ])
          if (value !== undefined)
            throw new InputError(`${flag}: expected rows to ${why}, got --valid-fraction 0`);
      freezeBy(flags, model);
      checkTrainable(model);
      if (flags.headInit === "probe") checkHeadInit(model);
      checkSave(model.origin?.folder, 4 * listParams(model).totals.total);
    },
  });
  const { frozen, total } = listParams(model).totals;
  note(`${formatCount(frozen)} of ${formatCount(total)} parameters are frozen`);

  if (dealt && foldsFolder !== null) {
    const { folds, ids } = dealt;
    await finetuneFolds(
      model,
      { train, folds },
      {
        ...trainingSettings(flags),
        ...{ seed, signal, log: note, restart, saveEvery, out: foldsFolder, epochs: flags.epochs },
        ids: ids ?? undefined,
      },
    );
    return;
  }
  const run = fineTune(
    model,
    { train, valid: valid ?? undefined },
    { ...trainingSettings(flags), seed, signal, log: note, resume, restart, saveEvery },
  );
  await withBar("training", async (bar, board) => {
    const show = showTraining(bar, "", flags.epochs);
    for await (const event of run) {
      show(event);
      if (event.type === "epoch") board.line(epochLine(event, flags.epochs));
      if (event.type === "evaluation") board.line(evaluationLine(event));
    }
  });
  const result = await run;
  const { epochs, stopped, savedStep } = result;
  if (stopped === "aborted")
    throw new Interrupted(
      `stopped in epoch ${epochs.length + 1} of ${flags.epochs}; ${savedStep === undefined ? "nothing was saved" : `the same command goes on after step ${formatCount(savedStep)}, kept in ${resume}`}`,
    );
  print(result.evaluations ? evaluationTable(result) : epochTable(epochs));
  const weights = weightsLine(result);
  if (weights) print(`\n${weights}`);
  if (save === undefined) return;
  await model.savePretrained(save);
  new StateFolder(resume!).clear();
  print(`\nsaved: ${save}`);
}

/** All that was scored; how long an epoch took stands where it ended. */
function evaluationTable({ epochs, evaluations = [] }: FineTuneResult): string {
  const scores = Object.keys(epochs[0].metrics);
  const rows = evaluations.map(({ epoch, step, trainLoss, validLoss, metrics }) => {
    const ended = epochs.find((each) => each.epoch === epoch);
    return [
      formatEpoch(epoch),
      formatCount(step),
      formatScore(trainLoss),
      formatScore(validLoss),
      ...scores.map((name) => formatScore(metrics[name])),
      ended ? (ended.trainSeconds + ended.evalSeconds).toFixed(2) : "",
    ];
  });
  return alignTable(
    [["epoch", "step", "train loss", "valid loss", ...scores, "seconds"], ...rows],
    rows[0].map((_, column) => column),
  );
}

function epochTable(epochs: EpochRecord[]): string {
  const scores = Object.keys(epochs[0].metrics);
  const hasValid = epochs[0].validLoss !== null;
  const rows = epochs.map((epoch) => [
    String(epoch.epoch),
    formatScore(epoch.trainLoss),
    ...(hasValid ? [formatScore(epoch.validLoss!)] : []),
    ...scores.map((name) => formatScore(epoch.metrics[name])),
    (epoch.trainSeconds + epoch.evalSeconds).toFixed(2),
  ]);
  return alignTable(
    [["epoch", "train loss", ...(hasValid ? ["valid loss"] : []), ...scores, "seconds"], ...rows],
    rows[0].map((_, column) => column),
  );
}
