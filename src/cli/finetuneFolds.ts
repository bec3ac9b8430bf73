import { existsSync } from "node:fs";
import { join } from "node:path";
import { configFile } from "../checkpoint/modelFiles";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { epochLine, foldLine, outOfFoldLine } from "../report/eventLine";
import type { CrossValidateOptions, CrossValidation, CrossValidationData } from "../sweep/CrossValidation";
import { crossValidate } from "../sweep/crossValidate";
import { alignTable } from "../text/alignTable";
import { formatCount, formatScore } from "../text/numbers";
import { withBar } from "./Board";
import { Interrupted } from "./interrupt";
import { print } from "./print";
import { showTraining } from "./showTraining";

/** Throws where a folder is no place for folds. */
export function checkFoldsFolder(save: string | undefined): string {
  if (save === undefined)
    throw new InputError(
      "--folds: expected --save beside it, the folder of the folds' models and predictions",
    );
  if (existsSync(join(save, configFile)))
    throw new InputError(
      `--save: expected a folder for the folds, got ${save}, which is a model; name another`,
    );
  return save;
}

/** Trains and saves one model a fold, and prints what they came to. */
export async function finetuneFolds(
  model: Classifier,
  data: CrossValidationData,
  options: CrossValidateOptions & { epochs: number; out: string },
): Promise<void> {
  const run = crossValidate(model, data, { ...options, saveModels: true });
  const count = data.folds.length;
  await withBar("training", async (bar, board) => {
    let show = showTraining(bar, "", options.epochs);
    for await (const event of run) {
      if (event.type === "fold") show = showTraining(bar, `fold ${event.fold}: `, options.epochs);
      if (event.type === "foldDone") board.line(foldLine(event.result));
      if (event.type !== "foldProgress") continue;
      show(event.event);
      if (event.event.type === "epoch")
        board.line(`fold ${event.fold}, ${epochLine(event.event, options.epochs)}`);
    }
  });
  const result = await run;
  if (result.aborted) throw new Interrupted(outOfFoldLine(result, count));
  print(foldTable(result));
  print(`\n${outOfFoldLine(result, count)}`);
}

function foldTable({ results, rows, metrics }: CrossValidation): string {
  const scores = Object.keys(metrics);
  const line = (name: string, count: number, of: Record<string, number>) => [
    name,
    formatCount(count),
    ...scores.map((score) => (score in of ? formatScore(of[score]) : "")),
  ];
  const lines = [
    ...results.map(({ fold, rows, metrics }) => line(String(fold), rows.length, metrics)),
    line("all", rows.length, metrics),
  ];
  return alignTable(
    [["fold", "rows", ...scores], ...lines],
    lines[0].map((_, column) => column),
  );
}
