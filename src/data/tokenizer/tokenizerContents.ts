import { lstatSync } from "node:fs";
import { join } from "node:path";
import { configFile } from "../../checkpoint/modelFiles";
import { readTokenizer } from "../../checkpoint/saveCheckpoint";
import { readBytes } from "../../files/readBytes";

/** All that decides which ids a folder's tokenizer gives, by name: the tokenizer's files, and the model's config. */
export function tokenizerContents(folder: string): Map<string, Buffer> {
  const config = join(folder, configFile);
  const files = readTokenizer(folder);
  const isThere = lstatSync(config, { throwIfNoEntry: false }) !== undefined;
  return new Map(isThere ? [...files, [configFile, readBytes(config)]] : files);
}
