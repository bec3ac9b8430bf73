import { existsSync, lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../errors";
import { readBytes } from "../files/readBytes";
import { type FolderKind, writeFolder, writeSynced } from "../files/writeFolder";
import type { Origin } from "../models/Parts";
import { version } from "../version";
import { checkFinite } from "./checkFinite";
import { configJson } from "./configJson";
import {
  carriedFiles,
  configFile,
  readJsonObject,
  shardIndexFile,
  tokenizerFiles,
  weightsFile,
} from "./modelFiles";
import { SafetensorsFile } from "./SafetensorsFile";
import type { FloatDType } from "./safetensors";
import { SafetensorsWriter } from "./safetensorsWriter";

/** What a saved checkpoint consists of. */
interface CheckpointContents {
  config: Record<string, unknown>;
  /** In the order they are to lie in the file; each one's data is asked for when its turn comes, so one at a time need be in memory. */
  tensors: {
    name: string;
    shape: number[];
    /** Counts, stored whole whatever the weights are stored as. */
    dtype?: "I64";
    data: () => Float32Array | Promise<Float32Array>;
  }[];
  /** F32 by default. */
  dtype?: FloatDType;
  /** Where the config comes from: its tokenizer files are saved too. Without it those of the folder that is replaced stay. */
  origin?: Origin | null;
}

/**
 * Saves a checkpoint folder that Python's Transformers loads: `config.json`, `model.safetensors` and tokenizer files, and how long
 * texts are, where sentence-transformers says that. Its list of modules is left behind: a classifier is none of them. The config's
 * `dtype` is set to the one written, as Transformers does, since that is what it will load the weights as.
 *
 * All or nothing, also in a crash: see `writeFolder`. A folder that is there already is replaced only if it holds nothing but a
 * checkpoint's files, with weights that the kit wrote.
 *
 * @throws InputError when the folder holds other files or is the one it comes from, for a weight that is NaN or infinite, or for data
 *   that does not fit its shape
 */
export async function saveCheckpoint(folder: string, what: CheckpointContents): Promise<void> {
  const { origin, dtype = "F32" } = what;
  const write = async (fresh: string) => {
    const files = origin?.files ?? heldFiles(folder);
    for (const [name, bytes] of files) if (name !== configFile) writeSynced(join(fresh, name), bytes);
    const original = Buffer.from(files.get(configFile) ?? []).toString();
    writeSynced(join(fresh, configFile), Buffer.from(configJson(withDtype(what.config, dtype), original)));
    await writeWeights(join(resolve(folder), weightsFile), join(fresh, weightsFile), what);
  };
  await writeFolder(folder, CHECKPOINT, write, origin?.folder);
}

/** What a later save needs of the folder that a model is loaded from, read now so that the folder may go: config and tokenizer. */
export const readOrigin = (folder: string): Origin => ({
  folder: realpathSync(folder),
  files: heldFiles(folder),
});

const heldFiles = (folder: string) => new Map(readFiles([configFile, ...carriedFiles], folder));

/** A checkpoint's folder, which a save may replace. */
export const CHECKPOINT: FolderKind = { what: "a checkpoint", isOwn: isCheckpointFile };

/** Whether a path is that of a file that a save replaces: a config.json that is no model's is somebody else's. */
function isCheckpointFile(path: string): boolean {
  if (basename(path) === configFile && !isModelConfig(path)) return false;
  if (basename(path) === weightsFile) return isKits(path);
  return [configFile, ...carriedFiles].includes(basename(path));
}

/** Whether the kit wrote these weights: others were downloaded, or trained elsewhere. */
export function isKits(path: string): boolean {
  try {
    const file = SafetensorsFile.open(path);
    file.close();
    return file.metadata[MADE_BY] !== undefined;
  } catch {
    return false;
  }
}

/** The field of a safetensors file's metadata that names the kit, which everybody else passes over. */
const MADE_BY = "frostkit";

function isModelConfig(path: string): boolean {
  if ([weightsFile, shardIndexFile].some((name) => existsSync(join(dirname(path), name)))) return true;
  try {
    const config = readJsonObject(path);
    return ["model_type", "architectures", "architecture"].some((field) => field in config);
  } catch {
    return false;
  }
}

/** The tokenizer's files that a folder holds, by name. */
export function readTokenizer(folder: string): [string, Buffer][] {
  if (!existsSync(folder))
    throw new InputError(`${folder}: expected a folder to take the tokenizer files from; there is none`);
  return readFiles(tokenizerFiles, folder);
}

/** Those of the files that a folder holds, by name. A link that leads nowhere counts as there: reading it tells of it. */
export const readFiles = (files: readonly string[], folder: string): [string, Buffer][] =>
  files
    .filter((name) => lstatSync(join(folder, name), { throwIfNoEntry: false }))
    .map((name) => [name, readBytes(join(folder, name))]);

/**
 * The config with the type that its weights are written as, once: Transformers wrote `torch_dtype` up to 4.55 and writes `dtype` since; a
 * config that has the old word alone keeps it.
 */
export function withDtype(
  { torch_dtype: old, dtype: present, ...config }: Record<string, unknown>,
  written: FloatDType,
): Record<string, unknown> {
  const word = old !== undefined && present === undefined ? "torch_dtype" : "dtype";
  return { ...config, [word]: { F32: "float32", F16: "float16", BF16: "bfloat16" }[written] };
}

async function writeWeights(path: string, unfinished: string, what: CheckpointContents): Promise<void> {
  const metadata = { format: "pt", [MADE_BY]: version };
  const writer = new SafetensorsWriter(path, what.tensors, what.dtype ?? "F32", metadata, unfinished);
  try {
    for (const { name, data } of what.tensors) {
      const values = await data();
      checkFinite(path, name, values);
      writer.write(values);
    }
  } finally {
    writer.finish();
  }
}
