import type { Command } from "commander";
import { type FolderOptions, type ImageRows, imageFolder } from "../data/imageFolder";
import { readTable, type Table } from "../data/readTable";
import { trainValidSplit } from "../data/splits";
import { takeRows } from "../data/takeRows";
import { type TextColumns, textDataset } from "../data/textDataset";
import { InputError } from "../errors";
import { checkNoneGiven } from "./checkNoneGiven";
import { type Dealt, dealFolds, type FoldFlags } from "./dealFolds";
import { type DataFlags, OF_IMAGES, OF_ROWS, OF_TABLES } from "./options";
import { areWords, isFolder, type Rows } from "./Rows";
import { readWords, readWordTable } from "./readWords";

/**
 * Reads the tables, or folders of images, that the options name; `valid` is null where no row is to be set aside, `dealt` where the rows
 * are not dealt into folds. `told` is what reading tells: first what the labels are, then what of the rows is easily overlooked.
 */
export async function readData(
  flags: DataFlags & FoldFlags,
  command: Command,
): Promise<{ train: Rows; valid: Rows | null; dealt: Dealt | null; told: string[] }> {
  if (flags.folds !== undefined)
    checkNoneGiven(command, ["valid", "validFraction"], "each of the --folds is validated on");
  else if (flags.groups !== undefined)
    throw new InputError("--groups: expected --folds beside it, which keep the rows of a group together");
  if (flags.valid !== undefined)
    checkNoneGiven(command, ["validFraction", "splitSeed"], `${flags.valid.join(", ")} is validated on`);
  const told: string[] = [];
  const log = (line: string) => told.push(line);
  if (!isFolder(flags.train)) {
    checkNoneGiven(command, OF_IMAGES, `${flags.train.join(", ")} is no folder of images`);
    if (flags.problemType === "token_classification")
      return { ...(await readTagged(flags, command, log)), dealt: null, told };
    checkNoneGiven(command, ["stride"], "windows are of --task tokens");
    const columns: TextColumns = {
      text: flags.text,
      pair: flags.pair,
      label: flags.label.length === 1 ? flags.label[0] : flags.label,
      problemType: flags.problemType,
    };
    const { encoding, delimiter } = flags;
    let trained: Table | null = null;
    // Rows are judged all alike, so those of --valid need no weights.
    const read = async (paths: string[], options: { limit?: number; classes?: string[] }) => {
      const table = await readTable(paths, { limit: options.limit, encoding, delimiter });
      if (paths === flags.train) trained = table;
      return textDataset(table, {
        ...columns,
        log,
        classes: options.classes,
        ...(paths === flags.train && { weight: flags.weight }),
        ...(flags.folds !== undefined && table.columns.includes("id") && { id: "id" }),
      });
    };
    const tables = await trainAndValid(flags, read);
    return { ...tables, dealt: dealt(flags, tables.train, trained), told };
  }
  checkNoneGiven(command, OF_TABLES, `${flags.train[0]} is a folder of images`);
  const read = async (paths: string[], { classes }: { classes?: string[] }) => {
    if (!isFolder(paths))
      throw new InputError(
        `--valid: expected a folder of images as --train is, got ${paths.join(", ")}; give it the images to validate on`,
      );
    return labelledImages(paths[0], { classes, log });
  };
  const images = await trainAndValid(flags, read);
  return { ...images, dealt: dealt(flags, images.train, null), told };
}

/** Words with tags, or texts with labelled parts. */
async function readTagged(flags: DataFlags & FoldFlags, command: Command, log: (line: string) => void) {
  checkNoneGiven(command, OF_ROWS, "--task tokens tells words from each other");
  if (flags.folds !== undefined)
    throw new InputError("--folds: expected whole rows to be told, got --task tokens; leave --folds out");
  return trainAndValid(flags, async (paths, { limit, classes }) => {
    const tagged = readWords(await readWordTable(paths, { ...flags, limit }), command, {
      classes,
      log,
      labelled: true,
    });
    if (!tagged.tags && !tagged.spans)
      throw new InputError(
        `${paths.join(", ")}: expected a column of tags, or of { start, end, label }, got none; name it by --label`,
      );
    return tagged;
  });
}

const dealt = (flags: DataFlags & FoldFlags, rows: Rows, table: Table | null): Dealt | null =>
  flags.folds === undefined ? null : dealFolds(rows, table, flags);

async function trainAndValid<Of extends Rows>(
  { train, valid, limit, validFraction, splitSeed, folds }: DataFlags & FoldFlags,
  read: (paths: string[], options: { limit?: number; classes?: string[] }) => Promise<Of>,
): Promise<{ train: Of; valid: Of | null }> {
  const all = await read(train, { limit });
  if (valid !== undefined)
    return {
      train: all,
      valid: await read(valid, { classes: areWords(all) ? all.classes : all.labels!.classes }),
    };
  if (validFraction === 0 || folds !== undefined) return { train: all, valid: null };
  const rows = trainValidSplit(all, { validFraction, seed: splitSeed });
  return { train: takeRows(all, rows.train), valid: takeRows(all, rows.valid) };
}

async function labelledImages(path: string, options: FolderOptions): Promise<ImageRows> {
  const rows = await imageFolder(path, options);
  if (!rows.labels)
    throw new InputError(`${path}: expected a folder of images for each class, got images alone`);
  return rows;
}
