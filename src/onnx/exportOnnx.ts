import { mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { configFile, tokenizerFiles } from "../checkpoint/modelFiles";
import { syncFolder } from "../checkpoint/replaceFolder";
import { writeFolder, writeSynced } from "../checkpoint/writeFolder";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import { jsonBytes, pipelineTokenizer } from "./pipelineTokenizer";
import { traceOnnx } from "./traceOnnx";
import { writeOnnx } from "./writeOnnx";

const modelFolder = "onnx";
const modelFile = "model.onnx";

/**
 * Exports a model for ONNX Runtime, in the layout that Transformers.js reads: `onnx/model.onnx` beside `config.json` and the
 * tokenizer's files, as far as the model's folder has them. Inputs are `input_ids`, `attention_mask` and, where the family has
 * them, `token_type_ids`, int64 of [batch_size, sequence_length], both of any size; the output is `logits`
 * [batch_size, labels]. Opset 17, weights in float32.
 *
 *     await exportOnnx(model, "runs/onnx");
 *     const classify = await pipeline("text-classification", "/path/to/runs/onnx", { dtype: "fp32" }); // of Transformers.js
 *
 * All or nothing; a folder that is there already is replaced only if it holds an export alone.
 *
 * @throws InputError for an operation without an ONNX form, a head of its own, adapters that are not merged, a model above 2 GB, or a folder with other files in it
 */
export async function exportOnnx(model: SequenceClassifier, folder: string): Promise<void> {
  const traced = await traceOnnx(model);
  await writeFolder(folder, "an ONNX model", isExportFile, async (fresh) => {
    for (const [name, bytes] of await pipelineTokenizer(model)) writeSynced(join(fresh, name), bytes);
    writeSynced(join(fresh, configFile), jsonBytes({ ...model.savedConfig(), dtype: "float32" }));
    mkdirSync(join(fresh, modelFolder));
    const path = join(resolve(folder), modelFolder, modelFile);
    await writeOnnx(join(fresh, modelFolder, modelFile), path, traced, model.numLabels);
    syncFolder(join(fresh, modelFolder));
  });
}

/** Whether a path is that of something that an export replaces. */
export function isExportFile(path: string): boolean {
  const name = basename(path);
  if (name === modelFolder)
    return statSync(path).isDirectory() && readdirSync(path).every((inside) => inside === modelFile);
  return name === configFile || tokenizerFiles.includes(name);
}
