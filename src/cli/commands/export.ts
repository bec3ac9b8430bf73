import { Command } from "commander";
import { checkSaveFolder } from "../../files/writeFolder";
import type { SequenceClassifier } from "../../models/SequenceClassifier";
import { EXPORT, exportOnnx } from "../../onnx/exportOnnx";
import { checkTrained } from "../checkTrained";
import { interruptSignal } from "../interrupt";
import { loadModel } from "../loadModel";
import { note } from "../note";
import { addModelOption, type ModelFlags } from "../options";
import { print } from "../print";

interface ExportFlags extends ModelFlags {
  out: string;
}

export function exportCommand(): Command {
  return addModelOption(new Command("export"))
    .summary("write a fine-tuned model as ONNX, for Transformers.js and ONNX Runtime")
    .description(
      "Writes a fine-tuned model as onnx/model.onnx beside its config and what prepares its inputs, as Transformers.js reads it. " +
        "Batch size and the size of texts or images stay free; weights are float32, the opset is 17.",
    )
    .optionsGroup("Output:")
    .requiredOption("--out <dir>", "folder to write; an export that is there is replaced")
    .addHelpText(
      "after",
      `
Examples:
  frostkit export --model runs/model --out runs/onnx`,
    )
    .action(exportModel);
}

async function exportModel({ model: from, out }: ExportFlags): Promise<void> {
  checkSaveFolder(out, EXPORT, { source: from, option: "--out" });
  const { model, notes } = await loadModel({ model: from, engine: "auto" }, {}, interruptSignal());
  checkTrained(from, model);
  await exportOnnx(model as SequenceClassifier, out);
  for (const line of notes) note(line);
  print(`exported: ${out}`);
}
