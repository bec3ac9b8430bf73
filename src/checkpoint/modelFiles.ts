import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";
import { codeOf } from "../files/codeOf";
import { readBytes } from "../files/readBytes";
import { isObject, parseJsonObject } from "../text/json";
import { someOf } from "../text/someOf";

/** The files of a checkpoint folder, named as Python's Transformers names them. */
export const configFile = "config.json";
export const weightsFile = "model.safetensors";
export const shardIndexFile = "model.safetensors.index.json";
const torchFile = "pytorch_model.bin";
const torchIndexFile = "pytorch_model.bin.index.json";

/** Where a checkpoint's weights may be, in the order in which Transformers looks for them: a file, or an index of several. */
const weightFiles: readonly string[] = [weightsFile, shardIndexFile, torchFile, torchIndexFile];

/** The one of them that is to be read, of those there are; undefined where there is none. */
export function chooseWeights(isThere: (name: string) => boolean): string | undefined {
  return weightFiles.find(isThere);
}

/** Whether this names the index of several weight files. */
export const isIndex = (name: string): boolean => name === shardIndexFile || name === torchIndexFile;

/** All that a tokenizer of the supported families may consist of. */
export const tokenizerFiles: readonly string[] = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "bpe.codes",
  "spiece.model",
  "spm.model",
  "sentencepiece.bpe.model",
  "tokenizer.model",
];

/** Those of them that hold a vocabulary. */
export const vocabularyFiles: readonly string[] = tokenizerFiles.filter((name) =>
  /^(tokenizer\.json|vocab\.txt|vocab\.json)$|\.model$/.test(name),
);

/** How long sentence-transformers' texts are, under the present name and those of earlier years. */
export const sentenceConfigFiles: readonly string[] = [
  "bert",
  "roberta",
  "distilbert",
  "camembert",
  "albert",
  "xlm-roberta",
  "xlnet",
].map((family) => `sentence_${family}_config.json`);

/** Files that a save copies from the folder that a model was loaded from. */
export const carriedFiles: readonly string[] = [...tokenizerFiles, ...sentenceConfigFiles];

/** Which shard holds which tensor, from an index: `{ "weight_map": { "<tensor>": "<file>" } }`. */
export function readShardIndex(folder: string, indexFile: string): Map<string, string> {
  const path = join(folder, indexFile);
  const ending = indexFile === torchIndexFile ? ".bin" : ".safetensors";
  const { weight_map: map } = readJsonObject(path);
  if (!isObject(map) || Object.keys(map).length === 0)
    throw new InputError(
      `${path}: expected a "weight_map" from tensor names to files, got ${JSON.stringify(map)}`,
    );
  // A shard lies in its index's folder; a name that leads elsewhere could read, or when fetched write, any file.
  for (const [tensor, file] of Object.entries(map))
    if (typeof file !== "string" || !/^[\w-][\w.-]*$/.test(file) || !file.endsWith(ending))
      throw new InputError(
        `${path}: weight_map places "${tensor}" in ${JSON.stringify(file)}; expected the name of a ${ending} file beside it`,
      );
  return new Map(Object.entries(map as Record<string, string>));
}

/** @throws InputError when the file is missing or does not hold a JSON object */
export function readJsonObject(path: string): Record<string, unknown> {
  return parseJsonObject(path, readBytes(path).toString());
}

/** What lies in a folder; the names of folders end in a slash. */
export function listNames(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map(
      (entry) => entry.name + (entry.isDirectory() ? "/" : ""),
    );
  } catch (error) {
    throw new InputError(`${folder}: expected a folder to read (${codeOf(error)})`);
  }
}

/** The error for a folder or repository without weights that can be read here. */
export function missingWeights(where: string, names: readonly string[]): InputError {
  const known = `${weightFiles.slice(0, -1).join(", ")} or ${weightFiles.at(-1)}`;
  return new InputError(`${where}: expected ${known}; ${describeNames(names)}`);
}

/** `it holds a, b and 3 more`, or `it is empty`. */
export function describeNames(names: readonly string[]): string {
  return names.length === 0 ? "it is empty" : `it holds ${someOf([...names].sort(), 8)}`;
}
