import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { FrostError, InputError } from "../errors";
import { configJson } from "./configJson";
import { configFile, shardIndexFile, tokenizerFiles, weightsFile } from "./modelFiles";
import { replaceFolder, restoreFolder, syncFolder } from "./replaceFolder";
import type { FloatDType } from "./safetensors";
import { SafetensorsWriter } from "./safetensorsWriter";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

/** What a saved checkpoint consists of. */
export interface CheckpointContents {
  config: Record<string, unknown>;
  /** In the order they are to lie in the file; each one's data is asked for when its turn comes, so one at a time need be in memory. */
  tensors: { name: string; shape: number[]; data: () => Float32Array | Promise<Float32Array> }[];
  /** F32 by default. */
  dtype?: FloatDType;
  /** The folder the config comes from, whose tokenizer files are copied along; by default those in the folder that is replaced are kept. */
  carryFrom?: string;
}

/**
 * Saves a checkpoint folder that Python's Transformers loads: `config.json`, `model.safetensors` and tokenizer files. The
 * config's `dtype` is set to the one written, as Transformers does, since that is what it will load the weights as.
 *
 * All or nothing: everything is written beside the folder and waited for, then the two change places; after a crash at any
 * moment `openCheckpoint` finds the old folder or the new one. A folder that is there already is replaced only if it holds
 * nothing but a checkpoint's files; with anything else in it, nothing is touched. A link is replaced, what it leads to stays.
 *
 *     await saveCheckpoint("runs/best", { config, tensors: [{ name: "classifier.bias", shape: [2], data: () => bias }], carryFrom: "bert-base" });
 *
 * @throws InputError when the folder holds other files, or for data that does not fit (see `writeSafetensors`)
 */
export async function saveCheckpoint(folder: string, what: CheckpointContents): Promise<void> {
  restoreFolder(folder);
  const target = resolve(folder);
  checkReplaceable(folder, target);
  const carried = readTokenizer(what.carryFrom ?? target, what.carryFrom !== undefined);
  const source = join(what.carryFrom ?? target, configFile);
  const original = existsSync(source) ? readFileSync(source, "utf8") : undefined;
  const stem = join(dirname(target), `.${basename(target)}`);
  let fresh: string | undefined;
  try {
    mkdirSync(dirname(target), { recursive: true });
    for (const left of findAbandoned(stem, ".frostkit-new")) rmSync(left, { recursive: true, force: true });
    fresh = claimUnfinished(stem, ".frostkit-new");
    mkdirSync(fresh);
    for (const [name, bytes] of carried) writeSynced(join(fresh, name), bytes);
    writeSynced(join(fresh, configFile), Buffer.from(configJson(withDtype(what), original)));
    await writeWeights(join(target, weightsFile), join(fresh, weightsFile), what);
    syncFolder(fresh);
    // Once more: somebody may have put a file there while the weights were written.
    checkReplaceable(folder, target);
    replaceFolder(fresh, target);
  } catch (error) {
    if (error instanceof FrostError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new FrostError(
      `${folder}: could not be saved (${(error as Error).message}); what was there before is untouched`,
    );
  } finally {
    if (fresh !== undefined) {
      rmSync(fresh, { recursive: true, force: true });
      releaseUnfinished(fresh);
    }
  }
}

function checkReplaceable(folder: string, target: string): void {
  if (!existsSync(target)) return;
  if (!statSync(target).isDirectory())
    throw new InputError(`${folder}: expected a folder to save to, got a file`);
  const own = [configFile, weightsFile, shardIndexFile, ...tokenizerFiles];
  const foreign = readdirSync(target).filter(
    (name) => !own.includes(name) && !/^model-\d+-of-\d+\.safetensors$/.test(name),
  );
  if (foreign.length > 0)
    throw new InputError(
      `${folder}: also holds ${foreign.slice(0, 3).join(", ")}${foreign.length > 3 ? " …" : ""}, which saving a checkpoint here would delete: save to a new folder or move that away`,
    );
}

function readTokenizer(folder: string, mustExist: boolean): [string, Buffer][] {
  if (!existsSync(folder)) {
    if (mustExist)
      throw new InputError(`${folder}: expected a folder to take the tokenizer files from; there is none`);
    return [];
  }
  return tokenizerFiles
    .filter((name) => existsSync(join(folder, name)))
    .map((name) => [name, readFileSync(join(folder, name))]);
}

/** Transformers wrote `torch_dtype` up to 4.55 and writes `dtype` since; an old config keeps its word. */
function withDtype({ config, dtype = "F32" }: CheckpointContents): Record<string, unknown> {
  const name = { F32: "float32", F16: "float16", BF16: "bfloat16" }[dtype];
  return { ...config, ["torch_dtype" in config && !("dtype" in config) ? "torch_dtype" : "dtype"]: name };
}

async function writeWeights(path: string, meanwhile: string, what: CheckpointContents): Promise<void> {
  const writer = new SafetensorsWriter(path, what.tensors, what.dtype ?? "F32", { format: "pt" }, meanwhile);
  try {
    for (const { data } of what.tensors) writer.write(await data());
  } finally {
    writer.finish();
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, "w");
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
