import { readTable } from "../data/readTable";
import { trainValidSplit } from "../data/splits";
import { type TextColumns, type TextDataset, takeRows, textDataset } from "../data/textDataset";
import { type DataFlags, TASKS } from "./options";

/** Reads the tables that the options name; `valid` is null where no row is to be set aside. */
export async function readData(flags: DataFlags): Promise<{ train: TextDataset; valid: TextDataset | null }> {
  const columns: TextColumns = {
    text: flags.text,
    pair: flags.pair,
    label: flags.label.length === 1 ? flags.label[0] : flags.label,
    problemType: flags.task && TASKS[flags.task],
  };
  const all = textDataset(await readTable(flags.train, { limit: flags.limit }), columns);
  if (flags.valid !== undefined) {
    const classes = all.labels?.classes;
    return { train: all, valid: textDataset(await readTable(flags.valid), { ...columns, classes }) };
  }
  if (flags.validFraction === 0) return { train: all, valid: null };
  const rows = trainValidSplit(all, { validFraction: flags.validFraction, seed: flags.splitSeed });
  return { train: takeRows(all, rows.train), valid: takeRows(all, rows.valid) };
}
