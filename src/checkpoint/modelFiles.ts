import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";

/** The files of a checkpoint folder, named as Python's Transformers names them. */
export const configFile = "config.json";
export const weightsFile = "model.safetensors";
export const shardIndexFile = "model.safetensors.index.json";

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

/** Which shard holds which tensor, from `model.safetensors.index.json`: `{ "weight_map": { "<tensor>": "<file>" } }`. */
export function readShardIndex(folder: string): Map<string, string> {
  const path = join(folder, shardIndexFile);
  const { weight_map: map } = readJsonObject(path);
  if (typeof map !== "object" || map === null || Array.isArray(map) || Object.keys(map).length === 0)
    throw new InputError(
      `${path}: expected a "weight_map" from tensor names to files, got ${JSON.stringify(map)}`,
    );
  // A shard lies in its index's folder; a name that leads elsewhere could read, or when fetched write, any file.
  for (const [tensor, file] of Object.entries(map))
    if (typeof file !== "string" || !/^[\w-][\w.-]*\.safetensors$/.test(file))
      throw new InputError(
        `${path}: weight_map places "${tensor}" in ${JSON.stringify(file)}; expected the name of a .safetensors file beside it`,
      );
  return new Map(Object.entries(map as Record<string, string>));
}

/** @throws InputError when the file is missing or does not hold a JSON object */
export function readJsonObject(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${path}: not JSON; it begins with ${JSON.stringify(text.slice(0, 40))}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new InputError(`${path}: expected a JSON object, got ${JSON.stringify(json)?.slice(0, 40)}`);
  return json as Record<string, unknown>;
}

/** What lies in a folder; the names of folders end in a slash. */
export function listNames(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map(
      (entry) => entry.name + (entry.isDirectory() ? "/" : ""),
    );
  } catch (error) {
    throw new InputError(`${folder}: expected a folder to read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The error for a folder or repository without weights that can be read here. */
export function missingWeights(where: string, names: readonly string[]): InputError {
  if (names.includes("pytorch_model.bin"))
    return new InputError(
      `${where}: has its weights only as pytorch_model.bin, which is not read yet; convert it once, in its folder, with: python -c "import torch, safetensors.torch as s; s.save_file({k: v.clone().contiguous() for k, v in torch.load('pytorch_model.bin', map_location='cpu', weights_only=True).items()}, 'model.safetensors', {'format': 'pt'})"`,
    );
  return new InputError(`${where}: expected ${weightsFile} or ${shardIndexFile}; ${describeNames(names)}`);
}

/** `it holds a, b and 3 more`, or `it is empty`. */
export function describeNames(names: readonly string[]): string {
  if (names.length === 0) return "it is empty";
  const shown = [...names].sort().slice(0, 8);
  return `it holds ${shown.join(", ")}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ""}`;
}
