import { Command } from "commander";
import { InputError } from "../../errors";
import { latestSweep } from "../../sweep/latestSweep";
import { readRecords, recordsFile } from "../../sweep/record";
import { refuseNoSweep } from "../../sweep/refuseNoSweep";
import { note } from "../note";
import { print } from "../print";
import { showSweep } from "../showSweep";

export function reportCommand(): Command {
  return new Command("report")
    .summary("write a sweep's report again and print its table")
    .description(
      "Writes the report of a sweep again from its records, also of one that has not ended yet, and prints its table.",
    )
    .argument("<dir>", "the sweep's folder, which holds records.jsonl")
    .option("--metric <name>", "what depths are judged by (default: accuracy, or rmse in a regression)")
    .addHelpText(
      "after",
      `
Examples:
  frostkit report runs/train
  frostkit report runs/train --metric f1`,
    )
    .action(report);
}

async function report(folder: string, { metric }: { metric?: string }): Promise<void> {
  refuseNoSweep(folder);
  const path = recordsFile(folder);
  const warnings: string[] = [];
  const all = readRecords(path, (line) => warnings.push(line));
  if (all.length === 0) throw new InputError(`${path}: expected at least one record, got none`);
  const records = latestSweep(all);
  for (const line of warnings) note(line);
  if (records.length < all.length)
    note(
      `${path}: ${records.length} of ${all.length} records are of the latest sweep; the others are of other settings, data, ` +
        "models or engines, or were run again since",
    );
  await showSweep(records, folder, metric, print);
}
