import { join } from "node:path";
import { writeTinyModel, writeTinyTable } from "../tinyInputs";
import { folder } from "./frostkit";

/** The fixture's BERT of 3 blocks and 3 classes, with a vocabulary: a folder named as given. */
export function tinyModel(name: string): string {
  writeTinyModel(join(folder, name));
  return name;
}

/** A table of short verdicts, `label` named by each row's number of three classes: a file named as given. */
export function tinyTable(name: string, rows: number, label?: (kind: number) => string): string {
  writeTinyTable(join(folder, name), rows, { label, seeds: [name] });
  return name;
}
