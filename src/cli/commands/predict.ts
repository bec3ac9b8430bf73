import { accessSync, constants, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { Command } from "commander";
import { csvText } from "../../data/csvText";
import { imageFolder } from "../../data/imageFolder";
import { readTable } from "../../data/readTable";
import { replaceFile } from "../../data/replaceFile";
import { textDataset } from "../../data/textDataset";
import { InputError } from "../../errors";
import type { Classifier } from "../../models/Classifier";
import { OPTIONS } from "../../options/table";
import { formatCount } from "../../sweep/formatSummary";
import { type Predictions, predict as predictRows } from "../../training/predict";
import { Board } from "../Board";
import { checkNoneGiven } from "../checkNoneGiven";
import { checkTrained } from "../checkTrained";
import { encoderOf } from "../encode";
import { interruptSignal } from "../interrupt";
import { loadModel, noteModel } from "../loadModel";
import { note } from "../note";
import {
  addEngineOption,
  addModelOption,
  addTextOptions,
  type EngineFlags,
  type ModelFlags,
  OF_TEXTS,
  type TextFlags,
} from "../options";
import { countOf, isFolder, type Rows } from "../Rows";
import { tableFlag } from "../tableFlag";

interface PredictFlags extends ModelFlags, EngineFlags, TextFlags {
  data: string;
  out: string;
  id?: string;
  label: string;
  probabilities?: true;
  batchSize: number;
}

export function predictCommand(): Command {
  const command = addModelOption(new Command("predict"))
    .summary("write a fine-tuned model's predictions, as a submission")
    .description(
      "Writes what a fine-tuned model says of each row as a CSV: the id and the label's name, in the rows' order; of " +
        "images the file and the label's name. " +
        "Several labels of a row are joined by blanks; a regression gives its value.",
    )
    .optionsGroup("Data:")
    .requiredOption(
      "--data <path>",
      "table to predict: .csv, .tsv, .jsonl or .json; or, for an image model, a folder of images, in folders or not",
    );
  addTextOptions(command)
    .option(
      "--id <column>",
      'column that names the rows (default: "id"; rows are numbered from 0 where there is none); of images, what the ' +
        'column of files is to be called (default: "file")',
    )
    .optionsGroup("Output:")
    .requiredOption("--out <file>", "the CSV to write; one that is there is replaced")
    .option("--label <column>", "what the column of labels is called in it", "target")
    .option("--probabilities", "add a column for each class, with its probability")
    .addOption(tableFlag(OPTIONS.predict.batchSize));
  return addEngineOption(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit predict --model runs/model --data test.csv --out submission.csv
  frostkit predict --model runs/model --data test.csv --out submission.csv --id review_id --label sentiment --probabilities
  frostkit predict --model runs/pets --data test --out submission.csv --id image --label pet`,
    )
    .action(predict);
}

async function predict(flags: PredictFlags, command: Command): Promise<void> {
  const { out, label } = flags;
  checkWritable(out);
  if (!isFolder(flags.data)) checkNoInput(out, [flags.data]);
  const signal = interruptSignal();
  const { rows, ids, id } = await readRows(flags, command);
  if ("paths" in rows) checkNoInput(out, rows.paths);
  const loaded = await loadModel(flags, {}, signal, { option: "--data", path: flags.data, rows });
  const { model } = loaded;
  checkNoInput(
    out,
    readdirSync(model.folder).map((name) => join(model.folder, name)),
  );
  checkTrained(flags.model, model);
  const classes = flags.probabilities ? probabilityColumns(model) : [];
  const header = [id ?? "id", label, ...classes];
  const twice = header.find((name, i) => header.indexOf(name) < i);
  if (twice !== undefined)
    throw new InputError(
      `${out}: would have two columns ${JSON.stringify(twice)}; name the labels' otherwise by --label`,
    );
  const encode = await encoderOf(model, flags);
  noteModel(loaded);
  if (id === null)
    note(`${flags.data}: has no column "id": rows are numbered from 0 (--id names another column)`);

  const [encoded] = await encode([rows], signal);
  const board = new Board();
  const bar = board.bar("predicting");
  let said: Predictions;
  try {
    said = await predictRows(model, encoded, {
      batchSize: flags.batchSize,
      signal,
      onProgress: (done, total) =>
        bar.update(done, total, `${formatCount(done)} of ${formatCount(total)} rows`),
    });
  } finally {
    board.stop();
  }
  const width = classes.length;
  const lines = said.labels.map((name, row) => [
    ids?.[row] ?? String(row),
    name,
    ...classes.map((_, i) => said.probabilities[row * width + i].toFixed(6)),
  ]);
  replaceFile(out, csvText([header, ...lines]));
  console.log(`${formatCount(countOf(rows))} rows: ${out}`);
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

/** What is read is not written over, however its path is spelt and through whatever link. */
function checkNoInput(out: string, inputs: readonly string[]): void {
  const written = statSync(out, { throwIfNoEntry: false });
  if (written === undefined) return;
  for (const path of inputs) {
    const read = statSync(path, { throwIfNoEntry: false });
    if (read?.dev === written.dev && read.ino === written.ino)
      throw new InputError(
        `--out: expected a file that is not read, got ${out}, which is ${path}; name a new file`,
      );
  }
}

/** What is predicted, what its rows are called, and what that column is called: null where the table names none. */
async function readRows(
  { data, id: asked, text, pair, encoding }: PredictFlags,
  command: Command,
): Promise<{ rows: Rows; ids: string[] | null; id: string | null }> {
  if (isFolder(data)) {
    checkNoneGiven(command, OF_TEXTS, `${data} is a folder of images`);
    const rows = await imageFolder(data, { labels: false });
    const ids = rows.paths.map((path) => relative(data, path).split(sep).join("/"));
    return { rows, ids, id: asked ?? "file" };
  }
  const table = await readTable(data, { encoding });
  const id = asked ?? (table.columns.includes("id") ? "id" : null);
  const rows = textDataset(table, { text, pair, id: id ?? undefined });
  return { rows, ids: rows.ids, id };
}

function probabilityColumns({ problemType, classes }: Classifier): string[] {
  if (problemType === "regression")
    throw new InputError("--probabilities: expected a model of classes, got a regression");
  return classes;
}
