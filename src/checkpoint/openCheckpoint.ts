import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { FrostError, InputError } from "../errors";
import { restoreFolder } from "../files/replaceFolder";
import type { Stored } from "../nn/Stored";
import {
  chooseWeights,
  configFile,
  describeNames,
  isIndex,
  listNames,
  missingWeights,
  readJsonObject,
  readShardIndex,
} from "./modelFiles";
import { checkModelFolder } from "./refuseParent";
import { SafetensorsFile } from "./SafetensorsFile";
import type { TensorInfo } from "./safetensors";
import { TorchFile } from "./torch/TorchFile";
import type { WeightFile } from "./WeightFile";

/** A checkpoint folder, open for reading. */
export interface Checkpoint {
  folder: string;
  /** `config.json` as it stands. */
  config: Record<string, unknown>;
  /** By name; those of all shards together. */
  tensors: Map<string, TensorInfo>;
  /** A tensor's elements in row-major order, read now into an array of the caller's: see `readTensor`. */
  readFloat32(name: string): Float32Array;
  /** A tensor, unread; it can be read until the caller disposes it, also when the checkpoint is closed. */
  stored(name: string): Stored;
  /** SHA-256 in hex of `config.json` and the weight files in the order of their names: `cat config.json model.safetensors | sha256sum`. */
  hash(): Promise<string>;
  /** Closes the files once every tensor that `stored` gave is disposed. */
  close(): void;
}

/**
 * Opens a folder in the Hub's layout: `config.json` beside `model.safetensors`, or beside `model.safetensors.index.json` and
 * its shards; where there is neither, `pytorch_model.bin` or its index and shards. Reads headers only; nothing in the folder is
 * executed.
 *
 * @throws InputError naming the file that is missing or broken, and what is there instead
 * @example
 * ```ts
 * const checkpoint = openCheckpoint("data/all-MiniLM-L6-v2");
 * checkpoint.config.num_hidden_layers; // 6
 * console.log(checkpoint.tensors.keys());
 * checkpoint.close();
 * ```
 */
export function openCheckpoint(folder: string): Checkpoint {
  restoreFolder(folder);
  const names = listNames(folder);
  checkModelFolder(folder);
  const config = readJsonObject(join(folder, configFile));
  const files = openWeights(folder, names);
  const owner = new Map<string, WeightFile>();
  for (const file of files) for (const name of file.tensors.keys()) owner.set(name, file);

  const ownerOf = (name: string): WeightFile => {
    const file = owner.get(name);
    if (!file) throw new InputError(`${folder}: its weights hold no tensor "${name}"`);
    return file;
  };

  const hashed = [join(folder, configFile), ...files.map((file) => file.path)];
  const stamped = hashed.map((path) => ({ path, stamp: stampOf(path) }));
  let hash: Promise<string> | undefined;
  return {
    folder,
    config,
    tensors: new Map(files.flatMap((file) => [...file.tensors])),
    readFloat32: (name) => ownerOf(name).readFloat32(name),
    stored: (name) => ownerOf(name).stored(name),
    hash() {
      hash ??= hashFiles(stamped);
      return hash;
    },
    close() {
      for (const file of files) file.close();
    },
  };
}

const openFile = (path: string): WeightFile =>
  path.endsWith(".bin") ? TorchFile.open(path) : SafetensorsFile.open(path);

function openWeights(folder: string, names: string[]): WeightFile[] {
  const weights = chooseWeights((name) => names.includes(name));
  if (weights === undefined) throw missingWeights(folder, names);
  if (!isIndex(weights)) return [openFile(join(folder, weights))];
  const index = readShardIndex(folder, weights);
  const files: WeightFile[] = [];
  try {
    for (const shard of [...new Set(index.values())].sort()) {
      if (!existsSync(join(folder, shard)))
        throw new InputError(
          `${folder}: ${weights} names ${shard}, which is missing; ${describeNames(names)}`,
        );
      files.push(openFile(join(folder, shard)));
    }
    checkShards(folder, weights, index, files);
  } catch (error) {
    for (const file of files) file.close();
    throw error;
  }
  return files;
}

function checkShards(
  folder: string,
  indexFile: string,
  index: Map<string, string>,
  files: WeightFile[],
): void {
  const foundIn = new Map<string, string>();
  for (const file of files)
    for (const name of file.tensors.keys()) {
      if (foundIn.has(name))
        throw new InputError(`${file.path}: holds tensor "${name}", and so does ${foundIn.get(name)}`);
      foundIn.set(name, file.path);
    }
  for (const [name, shard] of index)
    if (foundIn.get(name) !== join(folder, shard))
      throw new InputError(`${join(folder, shard)}: lacks tensor "${name}", which ${indexFile} places there`);
}

async function hashFiles(files: { path: string; stamp: string }[]): Promise<string> {
  const hash = createHash("sha256");
  for (const { path, stamp } of files) {
    if (stampOf(path) !== stamp)
      throw new FrostError(
        `${path}: was changed after it was opened, so its hash would not be that of the weights read`,
      );
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  }
  return hash.digest("hex");
}

function stampOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
}
