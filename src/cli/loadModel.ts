import { join } from "node:path";
import { AutoModelForImageClassification } from "../checkpoint/AutoModelForImageClassification";
import {
  AutoModelForSequenceClassification,
  type FromPretrainedOptions,
} from "../checkpoint/AutoModelForSequenceClassification";
import { AutoModelForTokenClassification } from "../checkpoint/AutoModelForTokenClassification";
import { configFile, readJsonObject } from "../checkpoint/modelFiles";
import { checkModelFolder } from "../checkpoint/refuseParent";
import { findModel } from "../checkpoint/resolveModel";
import { buildTokenizer } from "../data/tokenizer/buildTokenizer";
import { tokenizerContents } from "../data/tokenizer/tokenizerContents";
import { type Engine, formatEngine, useEngine } from "../engine/useEngine";
import { InputError } from "../errors";
import { isOfImages } from "../models/architectures";
import { checkConfig, checkImageConfig } from "../models/checkConfig";
import { familyOf } from "../models/families";
import type { ImageClassifier } from "../models/ImageClassifier";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import type { TokenClassifier } from "../models/TokenClassifier";
import { fetchPackage } from "../packages/fetchPackage";
import { megabytes } from "../text/numbers";
import { someOf } from "../text/someOf";
import { note } from "./note";
import type { EngineFlags, ModelFlags } from "./options";

interface LoadedModel {
  model: SequenceClassifier | TokenClassifier | ImageClassifier;
  engine: Engine;
  /** What was newly initialised or left unused: to be noted once all input has proved good. */
  notes: string[];
}

/**
 * Loads the model that the options name, from a folder or the Hub, into the engine they name: one of texts or of images, as its
 * config has it. Throws where it reads something else than the rows that `option` names.
 */
export async function loadModel(
  flags: ModelFlags & EngineFlags,
  options: FromPretrainedOptions = {},
  signal?: AbortSignal,
  data?: { option: string; path: string; images: boolean; words?: boolean },
): Promise<LoadedModel> {
  const fetched = new Set<string>();
  const onProgress = ({ file, total }: { file: string; total: number }) => {
    if (fetched.has(file)) return;
    fetched.add(file);
    note(`fetching ${file} of ${flags.model} (${megabytes(total, 1)} MB)`);
  };
  const folder = await findModel(flags.model, { signal, onProgress }, async (snapshot) => {
    // A config that is not supported, or a tokenizer that cannot be read, is an error before the weights are downloaded.
    const file = join(snapshot, configFile);
    const config = readJsonObject(file);
    if (isOfImages(config)) return checkImageConfig(config, file);
    checkConfig(familyOf(config, file), config, file);
    await buildTokenizer(snapshot, tokenizerContents(snapshot));
  });
  checkModelFolder(folder);
  const config = readJsonObject(join(folder, configFile));
  const ofImages = isOfImages(config);
  // Rows say what is to be told of them; without any the model does.
  const ofWords = data?.words ?? String(config.architectures).endsWith("ForTokenClassification");
  if (data && ofImages !== data.images)
    throw new InputError(
      ofImages
        ? `${data.option}: expected a folder of images, since ${flags.model} reads images, got the table ${data.path}`
        : `${data.option}: expected a table of texts, since ${flags.model} reads texts, got the folder ${data.path}`,
    );
  // With it comes ONNX Runtime. Where it is missing and cannot be fetched, whoever cannot do without it says so.
  await fetchPackage("@huggingface/transformers", note).catch(() => {});
  const engine = await useEngine(flags.engine);
  const notes: string[] = [];
  const { classes, seed, ignoreMismatchedSizes } = options;
  const log = (line: string) => {
    notes.push(shorten(line));
  };
  const model = ofImages
    ? await AutoModelForImageClassification.fromPretrained(folder, {
        classes,
        seed,
        ignoreMismatchedSizes,
        log,
      })
    : ofWords
      ? await AutoModelForTokenClassification.fromPretrained(folder, {
          classes,
          seed,
          ignoreMismatchedSizes,
          log,
        })
      : await AutoModelForSequenceClassification.fromPretrained(folder, { ...options, log });
  return { model, engine, notes };
}

/** Says on stderr what computes, and what of the model is new or unused. */
export function noteModel({ engine, notes }: LoadedModel): void {
  for (const line of [formatEngine(engine), ...notes]) note(line);
}

/** A checkpoint may lack hundreds of names; a few tell which part of it is meant. */
const shorten = (line: string): string => someOf(line.split(", "), 3);
