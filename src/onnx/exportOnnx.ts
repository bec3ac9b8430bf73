import { mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { configFile, tokenizerFiles } from "../checkpoint/modelFiles";
import { withDtype } from "../checkpoint/saveCheckpoint";
import { imageTransform } from "../data/loadImageTransform";
import { InputError } from "../errors";
import { checkTarget } from "../files/checkTarget";
import { syncFolder } from "../files/replaceFolder";
import { type FolderKind, writeFolder, writeSynced } from "../files/writeFolder";
import { ImageClassifier } from "../models/ImageClassifier";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { isOwnExport } from "./isOwnExport";
import { jsonBytes, pipelineTokenizer } from "./pipelineTokenizer";
import { preprocessorConfig } from "./preprocessorConfig";
import { traceOnnx } from "./traceOnnx";
import { writeOnnx } from "./writeOnnx";

const modelFolder = "onnx";
const modelFile = "model.onnx";
const preprocessorFile = "preprocessor_config.json";

/**
 * Exports a model for ONNX Runtime, in the layout that Transformers.js reads: `onnx/model.onnx` beside `config.json` and the
 * tokenizer's files, as far as the model's folder has them. Inputs are `input_ids`, `attention_mask` and, where the family has
 * them, `token_type_ids`, int64 of [batch_size, sequence_length], both of any size; the output is `logits`
 * [batch_size, labels]. Opset 17, weights in float32.
 *
 * An image model reads `pixel_values`, float32 of [batch_size, 3, height, width], and has a `preprocessor_config.json` beside it; its
 * config.json is that of the same model in Transformers, as Transformers.js knows no timm models.
 *
 * All or nothing; a folder that is there already is replaced only if it holds an export alone.
 *
 * @throws InputError for an operation without an ONNX form, a `CustomHead`, adapters that are not merged, a model above 2 GB, or a folder
 *   with other files in it
 * @example
 * ```ts
 * await exportOnnx(model, "runs/exported"); // pipeline("text-classification", "/path/to/runs/exported", { dtype: "fp32" })
 * ```
 */
export async function exportOnnx(
  model: SequenceClassifier | ImageClassifier,
  folder: string,
  /** There are none; any option is refused rather than ignored. */
  options: Record<string, never> = {},
): Promise<void> {
  readOptions("exportOnnx", options);
  checkArguments("exportOnnx", { model, folder });
  if (model.perToken)
    throw new InputError(
      "exportOnnx: expected a model that tells something of each row, got one for token classification, whose export is not supported; savePretrained and `optimum-cli export onnx` in Python do it",
    );
  checkTarget(folder, model.origin?.folder);
  const traced = await traceOnnx(model);
  await writeFolder(
    folder,
    EXPORT,
    async (fresh) => {
      for (const [name, bytes] of await filesBeside(model)) writeSynced(join(fresh, name), bytes);
      writeSynced(join(fresh, configFile), jsonBytes(withDtype(model.transformersConfig(), "F32")));
      mkdirSync(join(fresh, modelFolder));
      const path = join(resolve(folder), modelFolder, modelFile);
      await writeOnnx(join(fresh, modelFolder, modelFile), path, traced, model.numLabels);
      syncFolder(join(fresh, modelFolder));
    },
    model.origin?.folder,
  );
}

/** An export's folder, which another export may replace. */
export const EXPORT: FolderKind = { what: "an ONNX model", isOwn: isExportFile };

/** Whether a path is that of something that an export replaces. */
function isExportFile(path: string): boolean {
  const name = basename(path);
  if (name === modelFolder)
    return (
      statSync(path).isDirectory() &&
      readdirSync(path).every((inside) => inside === modelFile && isOwnExport(join(path, inside)))
    );
  return [configFile, preprocessorFile, ...tokenizerFiles].includes(name);
}

/** What makes inputs of texts or images. */
async function filesBeside(model: SequenceClassifier | ImageClassifier): Promise<Map<string, Buffer>> {
  if (!(model instanceof ImageClassifier)) return pipelineTokenizer(model);
  const config = preprocessorConfig(imageTransform(model.config, configFile));
  return new Map([[preprocessorFile, jsonBytes(config)]]);
}
