import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Command } from "commander";
import { csvText } from "../../data/csvText";
import { loadTokenizer } from "../../data/loadTokenizer";
import { readTable, type Table } from "../../data/readTable";
import { replaceFile } from "../../data/replaceFile";
import { textDataset } from "../../data/textDataset";
import { InputError } from "../../errors";
import type { SequenceClassifier } from "../../models/SequenceClassifier";
import { formatCount } from "../../sweep/formatSummary";
import { type Predictions, predict as predictRows } from "../../training/predict";
import { Board } from "../Board";
import { checkTrained } from "../checkTrained";
import { checkMaxLen, encode } from "../encode";
import { interruptSignal } from "../interrupt";
import { loadModel, noteModel } from "../loadModel";
import { note } from "../note";
import {
  addEngineOption,
  addModelOption,
  addTextOptions,
  type EngineFlags,
  type ModelFlags,
  type TextFlags,
} from "../options";
import { wholeNumber } from "../parseNumbers";

interface PredictFlags extends ModelFlags, EngineFlags, TextFlags {
  data: string;
  out: string;
  id?: string;
  label: string;
  probabilities?: true;
  batch: number;
}

export function predictCommand(): Command {
  const command = addModelOption(new Command("predict"))
    .summary("write a fine-tuned model's predictions, as a submission")
    .description(
      "Writes what a fine-tuned model says of each row as a CSV: the id and the label's name, in the rows' order. " +
        "Several labels of a row are joined by blanks; a regression gives its value.",
    )
    .optionsGroup("Data:")
    .requiredOption("--data <file>", "table to predict: .csv, .tsv, .jsonl or .json");
  addTextOptions(command)
    .option(
      "--id <column>",
      'column that names the rows (default: "id"; rows are numbered from 0 where there is none)',
    )
    .optionsGroup("Output:")
    .requiredOption("--out <file>", "the CSV to write; one that is there is replaced")
    .option("--label <column>", "what the column of labels is called in it", "target")
    .option("--probabilities", "add a column for each class, with its probability")
    .option("--batch <rows>", "rows at a time", wholeNumber(1), 64);
  return addEngineOption(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit predict --model runs/model --data test.csv --out submission.csv
  frostkit predict --model runs/model --data test.csv --out submission.csv --id review_id --label sentiment --probabilities`,
    )
    .action(predict);
}

async function predict(flags: PredictFlags): Promise<void> {
  const { out, label } = flags;
  checkWritable(out);
  const signal = interruptSignal();
  const table = await readTable(flags.data);
  const id = idColumn(table, flags.id);
  const dataset = textDataset(table, { text: flags.text, pair: flags.pair, id: id ?? undefined });
  const loaded = await loadModel(flags, {}, signal);
  const { model } = loaded;
  checkTrained(flags.model, model);
  const classes = flags.probabilities ? probabilityColumns(model) : [];
  const header = [id ?? "id", label, ...classes];
  const twice = header.find((name, i) => header.indexOf(name) < i);
  if (twice !== undefined)
    throw new InputError(
      `${out}: would have two columns ${JSON.stringify(twice)}; name the labels' otherwise by --label`,
    );
  const tokenizer = await loadTokenizer(model.folder);
  checkMaxLen(flags.maxLen, tokenizer, model);
  noteModel(loaded);
  if (id === null)
    note(`${flags.data}: has no column "id": rows are numbered from 0 (--id names another column)`);

  const [encoded] = await encode([dataset], tokenizer, flags.maxLen, signal);
  const board = new Board();
  const bar = board.bar("predicting");
  let said: Predictions;
  try {
    said = await predictRows(model, encoded, {
      batchSize: flags.batch,
      signal,
      onProgress: (done, total) =>
        bar.update(done, total, `${formatCount(done)} of ${formatCount(total)} rows`),
    });
  } finally {
    board.stop();
  }
  const width = classes.length;
  const rows = said.labels.map((name, row) => [
    dataset.ids?.[row] ?? String(row),
    name,
    ...classes.map((_, i) => said.probabilities[row * width + i].toFixed(6)),
  ]);
  replaceFile(out, csvText([header, ...rows]));
  console.log(`${formatCount(rows.length)} rows: ${out}`);
}

/** Finds out now, not when all is predicted. */
function checkWritable(out: string): void {
  try {
    mkdirSync(dirname(out), { recursive: true });
    accessSync(dirname(out), constants.W_OK);
  } catch (error) {
    throw new InputError(`--out: ${out} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory())
    throw new InputError(`--out: expected a file to write, got the folder ${out}`);
}

/** The column asked for, else "id" where the table has one, else null. */
function idColumn(table: Table, asked: string | undefined): string | null {
  return asked ?? (table.columns.includes("id") ? "id" : null);
}

function probabilityColumns({ problemType, classes }: SequenceClassifier): string[] {
  if (problemType === "regression")
    throw new InputError("--probabilities: expected a model of classes, got a regression");
  return classes;
}
