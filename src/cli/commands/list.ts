import { Command } from "commander";
import { listParams } from "../../freeze";
import { loadModel } from "../loadModel";
import { note } from "../note";
import { addFreezeOptions, addModelOption, type FreezeFlags, freezeBy, type ModelFlags } from "../options";
import { print, printJson } from "../print";

interface ListFlags extends ModelFlags, FreezeFlags {
  match?: string;
  json?: true;
}

export function listCommand(): Command {
  const command = addModelOption(new Command("list"))
    .summary("show a model's parameters, and what a freeze would freeze")
    .description(
      "Shows a model's parameters in checkpoint order, and with --freeze what a freeze would freeze.",
    )
    .optionsGroup("Output:")
    .option("--match <pattern>", "only names that match: a part of the name, or a glob over all of it")
    .option("--json", "one parameter a line as JSON");
  return addFreezeOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit list --model data/all-MiniLM-L6-v2
  frostkit list --model data/all-MiniLM-L6-v2 --match "*.attention.*.bias"
  frostkit list --model data/all-MiniLM-L6-v2 --freeze 3 --match layer.2.
  frostkit list --model data/all-MiniLM-L6-v2 --freeze-where LayerNorm --json
  frostkit list --model timm/resnet18.a1_in1k --freeze 2 --match layer2.0.`,
    )
    .action(list);
}

async function list(flags: ListFlags): Promise<void> {
  // Nothing is computed, and plain JavaScript holds the weights everywhere.
  const { model, notes } = await loadModel({ ...flags, engine: "cpu" });
  freezeBy(flags, model);
  const rows = listParams(model, flags.match);
  for (const line of notes) note(line);
  if (flags.json) printJson(...rows);
  else print(String(rows));
}
