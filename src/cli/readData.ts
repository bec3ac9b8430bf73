import type { Command } from "commander";
import { type ImageRows, imageFolder } from "../data/imageFolder";
import { readTable } from "../data/readTable";
import { sayGaps } from "../data/sayGaps";
import { trainValidSplit } from "../data/splits";
import { takeRows } from "../data/takeRows";
import { type TextColumns, textDataset } from "../data/textDataset";
import { InputError } from "../errors";
import { checkNoneGiven } from "./checkNoneGiven";
import { type DataFlags, OF_IMAGES, OF_TABLES } from "./options";
import { isFolder, type Rows } from "./Rows";

/**
 * Reads the tables, or folders of images, that the options name; `valid` is null where no row is to be set aside. `remarks` are on what of
 * the rows is easily overlooked.
 */
export async function readData(
  flags: DataFlags,
  command: Command,
): Promise<{ train: Rows; valid: Rows | null; remarks: string[] }> {
  const remarks: string[] = [];
  if (!isFolder(flags.train)) {
    checkNoneGiven(command, OF_IMAGES, `${flags.train} is no folder of images`);
    const columns: TextColumns = {
      text: flags.text,
      pair: flags.pair,
      label: flags.label.length === 1 ? flags.label[0] : flags.label,
      problemType: flags.problemType,
    };
    const read = async (path: string, options: { limit?: number; classes?: string[] }) => {
      const rows = textDataset(await readTable(path, { limit: options.limit, encoding: flags.encoding }), {
        ...columns,
        log: toldLater,
        classes: options.classes,
      });
      remarks.push(...sayGaps(rows));
      return rows;
    };
    return { ...(await trainAndValid(flags, read)), remarks };
  }
  checkNoneGiven(command, OF_TABLES, `${flags.train} is a folder of images`);
  return { ...(await trainAndValid(flags, labelledImages)), remarks };
}

async function trainAndValid<Of extends Rows>(
  { train, valid, limit, validFraction, splitSeed }: DataFlags,
  read: (path: string, options: { limit?: number; classes?: string[] }) => Promise<Of>,
): Promise<{ train: Of; valid: Of | null }> {
  const all = await read(train, { limit });
  if (valid !== undefined) return { train: all, valid: await read(valid, { classes: all.labels!.classes }) };
  if (validFraction === 0) return { train: all, valid: null };
  const rows = trainValidSplit(all, { validFraction, seed: splitSeed });
  return { train: takeRows(all, rows.train), valid: takeRows(all, rows.valid) };
}

/** loadInputs tells of the labels once the model fits them. */
const toldLater = () => undefined;

async function labelledImages(path: string, { classes }: { classes?: string[] }): Promise<ImageRows> {
  const rows = await imageFolder(path, { classes, log: toldLater });
  if (!rows.labels)
    throw new InputError(`${path}: expected a folder of images for each class, got images alone`);
  return rows;
}
