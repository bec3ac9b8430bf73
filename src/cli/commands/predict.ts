import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Command } from "commander";
import { checkReplaceableTable } from "../../data/checkReplaceableTable";
import { csvText } from "../../data/csvText";
import { type ImageRows, imageFolder } from "../../data/imageFolder";
import { readTable, type Table } from "../../data/readTable";
import { textDataset } from "../../data/textDataset";
import { InputError } from "../../errors";
import { checkNoFolder } from "../../files/checkNoFolder";
import { checkWritable } from "../../files/checkWritable";
import { overwritten } from "../../files/overwritten";
import { replaceFile } from "../../files/replaceFile";
import type { Classifier } from "../../models/Classifier";
import { TokenClassifier } from "../../models/TokenClassifier";
import { OPTIONS } from "../../options/table";
import { formatCount } from "../../text/numbers";
import { predict as predictRows } from "../../training/predict";
import { withBar } from "../Board";
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
  paths,
  TABLES,
  type TextFlags,
} from "../options";
import { predictWords } from "../predictWords";
import { print } from "../print";
import { countOf, isFolder, type Rows } from "../Rows";
import { readWordTable } from "../readWords";
import { asksForProbability, checkAgainstSample, sampleRows } from "../sampleRows";
import { tableFlag } from "../tableFlag";

interface PredictFlags extends ModelFlags, EngineFlags, TextFlags {
  data: string[];
  out: string;
  id?: string;
  label?: string;
  probabilities?: true;
  sample?: string;
  batchSize: number;
}

export function predictCommand(): Command {
  const command = addModelOption(new Command("predict"))
    .summary("write a fine-tuned model's predictions, as a submission")
    .description(
      "Writes what a fine-tuned model says of each row as a CSV: the id and the label's name, in the rows' order; of " +
        "images the file and the label's name; of a model for token classification the words' tags, or the parts that were found, as JSON. " +
        "Several labels of a row are joined by blanks; a regression gives its value, of several targets each in a column of its own. Columns and length of the texts are those " +
        "that the model was trained on, as it was saved with it.",
    )
    .optionsGroup("Data:")
    .requiredOption(
      "--data <paths>",
      `table to predict: ${TABLES}; or, for an image model, a folder of images, in folders or not`,
      paths,
    );
  addTextOptions(command)
    .option(
      "--id <column>",
      'column that names the rows (default: "id"; rows are numbered from 0 where there is none); of images, what the ' +
        'column of files is to be called (default: "file")',
    )
    .optionsGroup("Output:")
    .requiredOption("--out <file>", "the CSV to write; one of the same columns that is there is replaced")
    .option(
      "--label <column>",
      'what the column of labels is called in it (default: as in training, else "target")',
    )
    .option("--probabilities", "add a column for each class, with its probability")
    .option(
      "--sample <file>",
      "the competition's sample_submission.csv: its columns are written, of ids, labels and classes' probabilities, and its rows in their " +
        "order; the first column is that of the ids; a single column of numbers that are no classes gets the probability of the second of two",
    )
    .addOption(tableFlag(OPTIONS.predict.batchSize));
  return addEngineOption(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit predict --model runs/model --data test.csv --out submission.csv
  frostkit predict --model runs/model --data test.csv --out submission.csv --id review_id --label sentiment --probabilities
  frostkit predict --model runs/model --data test.csv --sample sample_submission.csv --out submission.csv
  frostkit predict --model runs/pets --data test --out submission.csv --id image --label pet`,
    )
    .action(predict);
}

async function predict(flags: PredictFlags, command: Command): Promise<void> {
  const { out, data } = flags;
  checkOut(out);
  const images = isFolder(data);
  const source = data.join(", ");
  if (!images) checkNoInput(out, data);
  if (flags.sample !== undefined) {
    checkNoInput(out, [flags.sample]);
    checkNoneGiven(command, ["probabilities"], "the columns are those of --sample");
  }
  const signal = interruptSignal();
  if (images) checkNoneGiven(command, OF_TEXTS, `${source} is a folder of images`);
  const read = images ? await imageFolder(data[0], { labels: false }) : await readWordTable(data, flags);
  if ("paths" in read) checkNoInput(out, read.paths);
  const sample = flags.sample === undefined ? null : await readTable(flags.sample);
  const loaded = await loadModel(flags, {}, signal, { option: "--data", path: source, images });
  const { model } = loaded;
  checkNoInput(
    out,
    readdirSync(model.folder).map((name) => join(model.folder, name)),
  );
  checkTrained(flags.model, model);
  if (model instanceof TokenClassifier)
    return predictWords(model, read as Table, flags, command, {
      signal,
      begin: () => noteModel(loaded),
    });
  const named = sample?.columns[0];
  const {
    rows,
    ids,
    id,
    remarks = [],
  } = "paths" in read ? imageRows(read, flags) : textRows(read, flags, command, model, named);
  const { trainedOn } = model;
  const targets = targetColumns(model, flags);
  const ofClasses = sample !== null && model.problemType !== "regression";
  const classes = flags.probabilities || ofClasses ? probabilityColumns(model) : [];
  // The one column of a sample that is no class's probability can only be the label.
  const only =
    sample?.columns.length === 2 && !classes.includes(sample.columns[1]) ? sample.columns[1] : undefined;
  const trained = trainedOn?.label?.length === 1 ? trainedOn.label[0] : "target";
  const ofSecond = only !== undefined && asksForProbability(sample!, only, model);
  const label = targets ?? [flags.label ?? only ?? trained];
  const header = [named ?? id ?? "id", ...label, ...classes];
  const twice = header.find((name, i) => header.indexOf(name) < i);
  if (twice !== undefined)
    throw new InputError(
      `${out}: would have two columns ${JSON.stringify(twice)}; name the ${targets ? "ids' otherwise by --id" : "labels' otherwise by --label"}`,
    );
  checkReplaceableTable(out, sample ? [sample.columns] : [header, [id ?? "id", ...label]], "--out");
  const names = ids ?? Array.from({ length: countOf(rows) }, (_, row) => String(row));
  if (sample) checkAgainstSample(source, names, header.slice(1), sample);
  const encode = await encoderOf(model, { ...flags, maxLength: flags.maxLength ?? trainedOn?.maxLength });
  noteModel(loaded);
  for (const line of remarks) note(line);
  if (ofSecond)
    note(
      `${sample!.path}: numbers in column ${JSON.stringify(only)} that are no classes: the probability of ${JSON.stringify(model.classes[1])}, the second of ${model.classes.join(", ")}, is written`,
    );
  if (id === null)
    note(`${source}: has no column "id": rows are numbered from 0 (--id names another column)`);

  const [encoded] = await encode([rows], signal);
  const said = await withBar("predicting", (bar) =>
    predictRows(model, encoded, {
      batchSize: flags.batchSize,
      signal,
      onProgress: (done, total) => bar.count(done, total, "rows"),
    }),
  );
  const width = model.numLabels;
  const probability = (row: number, i: number) => said.probabilities[row * width + i].toFixed(6);
  const lines = said.labels.map((name, row) => [
    names[row],
    ...(targets
      ? targets.map((_, t) => String(said.probabilities[row * width + t]))
      : [ofSecond ? probability(row, 1) : name]),
    ...classes.map((_, i) => probability(row, i)),
  ]);
  replaceFile(
    out,
    csvText(sample ? [sample.columns, ...sampleRows(out, header, lines, sample)] : [header, ...lines]),
  );
  print(`${formatCount(countOf(rows))} rows: ${out}`);
}

/** Finds out now, not when all is predicted. */
function checkOut(out: string): void {
  checkWritable(out, { option: "--out" });
  checkNoFolder(out, "--out");
}

/** What is read is not written over. */
function checkNoInput(out: string, inputs: readonly string[]): void {
  const path = overwritten(out, inputs);
  if (path !== undefined)
    throw new InputError(
      `--out: expected a file that is not read, got ${out}, which is ${path}; name a new file`,
    );
}

/** What is predicted, what its rows are called, and what that column is called: null where the table names none. */
interface Asked {
  rows: Rows;
  ids: string[] | null;
  id: string | null;
  /** On what of the rows is easily overlooked. */
  remarks?: string[];
}

function imageRows(rows: ImageRows, { data, id }: PredictFlags): Asked {
  const ids = rows.paths.map((path) => relative(data[0], path).split(sep).join("/"));
  return { rows, ids, id: id ?? "file" };
}

function textRows(
  table: Table,
  flags: PredictFlags,
  command: Command,
  { trainedOn }: Classifier,
  /** What the ids' column is called where the table has such a one and the flags say nothing. */
  usual = "id",
): Asked {
  const given = (name: "text" | "pair") =>
    command.getOptionValueSource(name) === "cli" ? flags[name] : undefined;
  for (const name of ["text", "pair"] as const) {
    const [asked, trained] = [given(name), trainedOn?.[name]];
    // Another table may call its column otherwise, but not beside the one that training read.
    if (asked !== undefined && trained && asked !== trained && table.columns.includes(trained))
      throw new InputError(
        `--${name}: expected the column ${JSON.stringify(trained)}, which the model was trained on and ${table.path} has, got ${JSON.stringify(asked)}; leave it out`,
      );
  }
  const id = flags.id ?? [usual, "id"].find((name) => table.columns.includes(name)) ?? null;
  const remarks: string[] = [];
  const rows = textDataset(table, {
    log: (line) => remarks.push(line),
    text: given("text") ?? trainedOn?.text ?? flags.text,
    pair: given("pair") ?? trainedOn?.pair ?? undefined,
    id: id ?? undefined,
  });
  return { rows, ids: rows.ids, id, remarks };
}

/** The targets of a regression of several, each of which has a column; null of another model. */
function targetColumns({ problemType, classes }: Classifier, { label }: PredictFlags): string[] | null {
  if (problemType !== "regression" || classes.length === 1) return null;
  if (label !== undefined)
    throw new InputError(
      `--label: expected none, since a model of several targets writes a column for each, ${classes.join(", ")}, got ${JSON.stringify(label)}`,
    );
  return classes;
}

function probabilityColumns({ problemType, classes }: Classifier): string[] {
  if (problemType === "regression")
    throw new InputError("--probabilities: expected a model of classes, got a regression");
  return classes;
}
